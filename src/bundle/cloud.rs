//! Where Office.js comes from.

use std::{fmt, str::FromStr};

use super::origin::{Origin, OriginError};

/// A Microsoft cloud, which this program tells apart by the host that serves Office.js.
///
/// The public host cannot be reached from GCC High and DoD networks; classic Outlook on Windows has
/// its own copy of Office.js and contacts none of these hosts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Cloud {
    /// The public cloud.
    #[default]
    Commercial,
    /// US government, moderate.
    Gcc,
    /// US government, high.
    GccHigh,
    /// US Department of Defense.
    Dod,
    /// A copy on your own server, for networks that reach none of these clouds.
    SelfHosted {
        /// The host, for the content security policy.
        origin: Origin,
        /// The script.
        url: String,
    },
}

/// The URL that the pages contain before rendering; Microsoft's public cloud serves it.
pub(super) const COMMERCIAL_URL: &str =
    "https://appsforoffice.microsoft.com/lib/1/hosted/office.js";

/// The names under which Office.js finds its further files; it finds them under no other name.
const OFFICE_FILES: [&str; 2] = ["office.js", "office.debug.js"];

impl Cloud {
    /// The clouds that have a name, as `--cloud` takes it.
    pub const NAMED: [Self; 4] = [Self::Commercial, Self::Gcc, Self::GccHigh, Self::Dod];

    /// The name of the cloud, or the URL of Office.js on the organisation's own server.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Commercial => "commercial",
            Self::Gcc => "gcc",
            Self::GccHigh => "gcc-high",
            Self::Dod => "dod",
            Self::SelfHosted { url, .. } => url,
        }
    }

    /// The URL of Office.js.
    pub fn office_js(&self) -> &str {
        match self {
            Self::Commercial => COMMERCIAL_URL,
            Self::Gcc => {
                "https://appsforoffice.gcc.cdn.office.net/appsforoffice/lib/1/hosted/office.js"
            }
            Self::GccHigh => {
                "https://appsforoffice.gcch.cdn.office.net/appsforoffice/lib/1/hosted/office.js"
            }
            Self::Dod => {
                "https://appsforoffice.dod.cdn.office.net/appsforoffice/lib/1/hosted/office.js"
            }
            Self::SelfHosted { url, .. } => url,
        }
    }

    /// The origins that Office.js and its further files come from, for a content security policy.
    ///
    /// No other host is needed: Office.js would take the Microsoft Ajax library from
    /// `ajax.aspnetcdn.com`, in every cloud, but the pages bring a stand-in for it
    /// (`www/outlook/ajax.js`).
    pub fn hosts(&self) -> &str {
        match self {
            // Microsoft is moving the documentation from the first address to the second.
            Self::Commercial => {
                "https://appsforoffice.microsoft.com https://officeapis.public.onecdn.static.microsoft"
            }
            Self::Gcc => "https://appsforoffice.gcc.cdn.office.net",
            Self::GccHigh => "https://appsforoffice.gcch.cdn.office.net",
            Self::Dod => "https://appsforoffice.dod.cdn.office.net",
            Self::SelfHosted { origin, .. } => origin.host(),
        }
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Cloud {
    type Err = CloudError;

    fn from_str(text: &str) -> Result<Self, CloudError> {
        if let Some(cloud) = Self::NAMED.into_iter().find(|cloud| cloud.as_str() == text) {
            return Ok(cloud);
        }
        if !text.contains("://") {
            return Err(CloudError::Unknown);
        }
        let origin: Origin = text.parse().map_err(CloudError::Url)?;
        let file = origin.prefix().rsplit('/').next().unwrap_or_default();
        if !OFFICE_FILES.contains(&file) {
            return Err(CloudError::NoScript);
        }
        Ok(Self::SelfHosted { url: origin.base().to_owned(), origin })
    }
}

/// Why a text names no cloud.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CloudError {
    /// Neither a name nor a URL.
    #[error("expected commercial, gcc, gcc-high, dod, or the https:// URL of your own office.js")]
    Unknown,
    /// A URL that cannot be used.
    #[error(transparent)]
    Url(OriginError),
    /// A URL of something other than Office.js.
    #[error(
        "the URL of your own Office.js must end in /office.js or /office.debug.js: Office.js does not work under another name"
    )]
    NoScript,
}
