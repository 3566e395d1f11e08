//! The part of a policy that the mail server follows.
//!
//! The doc comments below are the descriptions of the JSON Schema: they speak to administrators.

use serde::{Deserialize, Serialize};

#[cfg(not(target_arch = "wasm32"))]
use super::limits;

/// What `milguard milter` does at the mail server, which cannot ask the sender.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayOptions {
    /// The action if the highest severity is `warn`.
    pub warn: GatewayAction,
    /// The action if the highest severity is `block`.
    pub block: GatewayAction,
    /// A tag such as `[send anyway]` that lets a message through if its subject contains the tag,
    /// and if `override` allows that. The gateway takes the tag out of the subject.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(length(min = 3, max = limits::TAG), regex(pattern = r"^[!-~]([ -~]*[!-~])?$"))
    )]
    pub send_anyway_tag: Option<String>,
}

/// What the mail server does with a message or a recipient.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum GatewayAction {
    /// The gateway refuses the recipient or the message and names the address that was probably meant.
    #[default]
    Refuse,
    /// The gateway accepts the message and keeps it on hold until a person releases it.
    Hold,
    /// The gateway delivers the message with a header that says what was found.
    Header,
    /// The gateway delivers the message as it is, and only reports the finding.
    Report,
}

impl GatewayAction {
    /// Whether the mail does not reach the recipient by itself.
    pub const fn stops(self) -> bool {
        matches!(self, Self::Refuse | Self::Hold)
    }
}
