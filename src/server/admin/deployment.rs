//! What an administrator copies to deploy the add-ins: whole lines and files for this server and one token.

use crate::bundle::{Backend, BundleOptions, ClientConfig, Origin, thunderbird_policies};

/// Ready to copy.
#[derive(Clone, Debug)]
pub(super) struct Deployment {
    pub(super) host: String,
    pub(super) manifest: String,
    pub(super) xpi: String,
    /// Makes the Outlook add-in of this group, with its token in it.
    pub(super) bundle: String,
    pub(super) new_app: String,
    pub(super) policies: String,
    pub(super) registry: String,
    pub(super) plist: String,
}

impl Deployment {
    pub(super) fn new(options: &BundleOptions, origin: &Origin, token: &str) -> Self {
        let backend = Backend { url: origin.clone(), token: token.to_owned() };
        let mut options = options.clone();
        options.config = ClientConfig { policy: None, backend: Some(backend) };
        let base = origin.base().to_owned();
        let mut policies = String::new();
        let mut registry = String::new();
        let mut plist = String::new();
        for (name, text) in thunderbird_policies(&options) {
            match name {
                "policies.json" => policies = text,
                // Shown and copied as text: with the line ends of the page.
                "policies.reg" => registry = text.replace("\r\n", "\n"),
                _ => plist = text,
            }
        }
        Self {
            manifest: format!("{base}/outlook/manifest.xml"),
            xpi: format!("{base}/thunderbird/milguard.xpi"),
            bundle: format!(
                "milguard bundle --origin https://addins.example.mil --out bundle --backend-url {base} --token {token}"
            ),
            new_app: format!(
                "Invoke-WebRequest {base}/outlook/manifest.xml -OutFile C:\\milguard\\manifest.xml\n\
                 New-App -OrganizationApp -FileData ([IO.File]::ReadAllBytes('C:\\milguard\\manifest.xml')) \
                 -ProvidedTo Everyone -DefaultStateForUser AlwaysEnabled"
            ),
            host: origin.host().to_owned(),
            policies,
            registry,
            plist,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_names_this_server_and_the_token() {
        let origin: Origin = "https://milguard.example.mil".parse().unwrap();
        let mut options = BundleOptions::default();
        options.manifest.origin = origin.clone();
        let deployment = Deployment::new(&options, &origin, "mg_enrol_abc");
        for text in
            [&deployment.bundle, &deployment.policies, &deployment.registry, &deployment.plist]
        {
            assert!(text.contains("https://milguard.example.mil"), "{text}");
            assert!(text.contains("mg_enrol_abc"), "{text}");
        }
        let policies: serde_json::Value = serde_json::from_str(&deployment.policies).unwrap();
        let id = "milguard@milguard.example";
        assert_eq!(
            policies["policies"]["3rdparty"]["Extensions"][id]["backend"]["token"],
            "mg_enrol_abc"
        );
        assert_eq!(deployment.manifest, "https://milguard.example.mil/outlook/manifest.xml");
    }
}
