//! The formats of an event.

/// The format of an event in a syslog message.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JSON in the Elastic Common Schema.
    #[default]
    Ecs,
    /// `ArcSight`'s Common Event Format.
    Cef,
}
