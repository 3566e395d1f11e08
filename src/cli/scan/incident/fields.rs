//! The blanks that the reporter fills in.
//!
//! The first table follows the Incident Collection Form, which DFARS 252.204-7012(c) requires for
//! reports of cyber incidents. The second table follows the assessment objectives of NIST SP
//! 800-171A that an assessor of CMMC level 2 applies to an incident.

/// Fields under one heading: a label, and a hint for the reporter.
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) fields: &'static [(&'static str, &'static str)],
}

/// The fields for the report to the DoD.
pub(super) const REPORT: [Group; 6] = [
    Group {
        title: "Report",
        fields: &[
            ("Discovered", "day, time and time zone; the 72 hours begin here"),
            ("Report due", "72 hours after that"),
            ("Kind of report", "initial, follow-on (number of the first) or voluntary"),
            ("Incident report number", "DoD assigns it"),
        ],
    },
    Group {
        title: "Company",
        fields: &[
            ("Company name and Unique Entity ID", ""),
            ("Point of contact", "name, position, telephone, e-mail"),
            ("Prime contractor", "if you are a subcontractor: its name, and when you told it"),
        ],
    },
    Group {
        title: "Contracts",
        fields: &[
            ("Contract numbers", "or other agreements that are affected or may be"),
            ("Contracting officer", "name, address, telephone, e-mail, for each contract"),
            ("Government program manager", "name, address, telephone, e-mail"),
            ("Clearance level of the contract", "unclassified, confidential, secret, top secret"),
        ],
    },
    Group {
        title: "Facility",
        fields: &[
            ("Facility and its CAGE code", ""),
            ("Facility clearance level", ""),
            ("Location of the compromise", "and its CAGE code, if that is another facility"),
        ],
    },
    Group {
        title: "Impact",
        fields: &[
            (
                "Impact to covered defense information",
                "what the mail held, with its CUI categories",
            ),
            ("Impact to operationally critical support", ""),
            ("DoD programs, platforms or systems", ""),
        ],
    },
    Group {
        title: "What happened",
        fields: &[
            (
                "Type of compromise",
                "unauthorized access, unauthorized release (even if inadvertent), unknown, none",
            ),
            ("Technique or method", "such as a mistyped address, or one from an address book"),
            ("Outcome", "successful compromise, failed attempt, unknown"),
            ("Narrative", "what was done, by whom, and whether the recipient answered"),
            ("Media preserved until", "images and logs: at least 90 days after the report"),
        ],
    },
];

/// The fields for the assessor.
pub(super) const ASSESSMENT: [Group; 3] = [
    Group {
        title: "IR.L2-3.6.1 Incident handling",
        fields: &[
            ("Analysis", "who looked at it, when, with what result"),
            (
                "Containment",
                "such as a rule at the mail server, an address taken out of address books",
            ),
            ("Recovery and user response", "what the senders were told and did"),
        ],
    },
    Group {
        title: "IR.L2-3.6.2 Incident reporting",
        fields: &[
            ("Tracked as", "number of the ticket"),
            ("Authorities to report to", ""),
            ("Officials of the organization to report to", ""),
            ("Authorities notified on", ""),
            ("Officials notified on", ""),
        ],
    },
    Group {
        title: "AC.L2-3.1.3 and AU.L2-3.3.1",
        fields: &[
            ("How the organization has controlled the flow of CUI since then", ""),
            ("Where the logs are kept, until when", ""),
            ("Policy in force on the days of the mail", "if it differs from the one above"),
            ("Reviewed by, on", "name and signature"),
        ],
    },
];
