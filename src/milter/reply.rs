//! The texts that a sender reads in the answer of the mail server.
//!
//! An SMTP answer is one line of ASCII (RFC 5321 §4.2.1), so the texts avoid letters that ASCII lacks. Readers
//! of languages that cannot be written in ASCII get English.

use crate::detect::{Reason, RecipientReport};
use crate::gateway::smtp_text;
use crate::policy::Policy;

/// The longest text, in octets. A reply line has 512 (RFC 5321 §4.5.3.1.5), and the mail server
/// itself needs some of them.
const LONGEST: usize = 480;

/// The most recipients that one answer names. A reply line seldom has room for more.
const NAMED: usize = 3;

/// The sentences of one language. `{}` stands for an address.
struct Texts {
    language: &'static str,
    meant: &'static str,
    lookalike: &'static str,
    name: &'static str,
    denied: &'static str,
    tag: &'static str,
}

const TEXTS: [Texts; 8] = [
    Texts {
        language: "en",
        meant: "this domain looks like a mistyped protected one: did you mean {}?",
        lookalike: "this domain looks like a mistyped protected one; please check the address.",
        name: "the name shown for this recipient is another address; please check the address.",
        denied: "mail to this domain is not allowed",
        tag: "To send anyway, write {} into the subject.",
    },
    Texts {
        language: "de",
        meant: "diese Domain sieht wie eine vertippte geschuetzte aus: meinten Sie {}?",
        lookalike: "diese Domain sieht wie eine vertippte geschuetzte aus; bitte pruefen Sie die Adresse.",
        name: "der angezeigte Name ist eine andere Adresse; bitte pruefen Sie die Adresse.",
        denied: "Mail an diese Domain ist nicht erlaubt",
        tag: "Um trotzdem zu senden, schreiben Sie {} in den Betreff.",
    },
    Texts {
        language: "es",
        meant: "este dominio parece un dominio protegido mal escrito: quiso decir {}?",
        lookalike: "este dominio parece un dominio protegido mal escrito; compruebe la direccion.",
        name: "el nombre mostrado de este destinatario es otra direccion; compruebe la direccion.",
        denied: "no se permite el correo a este dominio",
        tag: "Para enviar de todos modos, escriba {} en el asunto.",
    },
    Texts {
        language: "fr",
        meant: "ce domaine ressemble a un domaine protege mal saisi : vouliez-vous dire {} ?",
        lookalike: "ce domaine ressemble a un domaine protege mal saisi ; verifiez l'adresse.",
        name: "le nom affiche de ce destinataire est une autre adresse ; verifiez l'adresse.",
        denied: "l'envoi vers ce domaine n'est pas autorise",
        tag: "Pour envoyer quand meme, ecrivez {} dans l'objet.",
    },
    Texts {
        language: "it",
        meant: "questo dominio sembra un dominio protetto scritto male: intendeva {}?",
        lookalike: "questo dominio sembra un dominio protetto scritto male; controlli l'indirizzo.",
        name: "il nome mostrato di questo destinatario e un altro indirizzo; controlli l'indirizzo.",
        denied: "la posta verso questo dominio non e consentita",
        tag: "Per inviare comunque, scriva {} nell'oggetto.",
    },
    Texts {
        language: "nl",
        meant: "dit domein lijkt op een verkeerd getypt beschermd domein: bedoelde u {}?",
        lookalike: "dit domein lijkt op een verkeerd getypt beschermd domein; controleer het adres.",
        name: "de getoonde naam van deze ontvanger is een ander adres; controleer het adres.",
        denied: "mail naar dit domein is niet toegestaan",
        tag: "Schrijf {} in het onderwerp om toch te verzenden.",
    },
    Texts {
        language: "pl",
        meant: "ta domena wyglada na blednie wpisana domene chroniona: czy chodzilo o {}?",
        lookalike: "ta domena wyglada na blednie wpisana domene chroniona; prosze sprawdzic adres.",
        name: "wyswietlana nazwa tego odbiorcy to inny adres; prosze sprawdzic adres.",
        denied: "wysylanie poczty do tej domeny jest niedozwolone",
        tag: "Aby mimo to wyslac, prosze wpisac {} w temacie.",
    },
    Texts {
        language: "pt",
        meant: "este dominio parece um dominio protegido mal digitado: quis dizer {}?",
        lookalike: "este dominio parece um dominio protegido mal digitado; verifique o endereco.",
        name: "o nome exibido deste destinatario e outro endereco; verifique o endereco.",
        denied: "nao e permitido enviar e-mail para este dominio",
        tag: "Para enviar mesmo assim, escreva {} no assunto.",
    },
];

/// A refused recipient.
pub(super) struct Refused<'a> {
    pub(super) address: &'a str,
    pub(super) report: &'a RecipientReport,
}

/// The policy's texts for readers of one of the languages, the most wanted first.
pub(super) struct Words {
    texts: &'static Texts,
    denied: String,
    more: String,
    tag: Option<String>,
}

impl Words {
    /// `languages` has the form of `Accept-Language`: tags joined by commas.
    pub(super) fn of(policy: &Policy, languages: &str) -> Self {
        let tags = languages.split(',').chain(["en"]);
        let primary = |tag: &str| {
            let tag = tag.trim().split([';', '-', '_']).next().unwrap_or_default();
            tag.to_ascii_lowercase()
        };
        let [english, ..] = &TEXTS;
        let texts = tags
            .map(primary)
            .find_map(|tag| TEXTS.iter().find(|texts| texts.language == tag))
            .unwrap_or(english);
        let own = policy.texts.iter().find(|(language, _)| primary(language) == texts.language);
        let blocked = own.and_then(|(_, own)| own.blocked.as_deref()).map(smtp_text);
        let blocked = blocked.filter(|text| !text.is_empty() && text.len() <= 120);
        let more = policy.training_url.as_deref().map(smtp_text).unwrap_or_default();
        let more = if more.is_empty() || more.len() > 120 { more } else { format!(" {more}") };
        let denied = blocked.unwrap_or_else(|| texts.denied.to_owned());
        Self { texts, denied, more, tag: policy.gateway.send_anyway_tag.clone() }
    }

    /// The complete answer for at least one recipient of a message. `with_tag` adds how to send anyway.
    pub(super) fn refusal(&self, refused: &[Refused<'_>], with_tag: bool) -> String {
        let is_denied = |it: &Refused<'_>| has(it, Reason::DeniedByPolicy);
        let code = if refused.iter().all(is_denied) { "550 5.7.1" } else { "550 5.1.2" };
        let mut text = code.to_owned();
        for one in refused.iter().take(NAMED) {
            let sentence = self.sentence(one);
            if text.len() + 1 + sentence.len() <= LONGEST {
                text.push(' ');
                text.push_str(&sentence);
            }
        }
        if text.len() == code.len() {
            text.push(' ');
            text.push_str(self.texts.lookalike);
        }
        let tag = self.tag.as_deref().filter(|_| with_tag);
        // A percent sign has a meaning in Sendmail.
        let tag =
            tag.map(|tag| format!(" {}", self.texts.tag.replace("{}", &tag.replace('%', "%%"))));
        for more in [tag.as_deref().unwrap_or_default(), &self.more] {
            if text.len() + more.len() <= LONGEST {
                text.push_str(more);
            }
        }
        text
    }

    fn sentence(&self, refused: &Refused<'_>) -> String {
        let report = refused.report;
        let suggestion = report.suggestion.as_deref().filter(|text| is_plain(text));
        let sentence = if has(refused, Reason::DeniedByPolicy) && suggestion.is_none() {
            format!("{}.", self.denied.trim_end_matches('.'))
        } else if let Some(suggestion) = suggestion {
            self.texts.meant.replace("{}", suggestion)
        } else if has(refused, Reason::NameMismatch) {
            self.texts.name.to_owned()
        } else {
            self.texts.lookalike.to_owned()
        };
        if is_plain(refused.address) {
            format!("<{}>: {sentence}", refused.address)
        } else {
            sentence
        }
    }
}

fn has(refused: &Refused<'_>, reason: Reason) -> bool {
    refused.report.findings.iter().any(|finding| finding.reason == reason)
}

/// Characters that an answer can contain. Sendmail interprets `%`.
fn is_plain(address: &str) -> bool {
    address.len() <= 200 && address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'%')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Checker;
    use crate::gateway::smtp_text;

    fn refusal(policy: &str, languages: &str, addresses: &[&str]) -> String {
        let policy = Policy::from_json(policy.as_bytes()).unwrap();
        let checker = Checker::new(&policy).unwrap();
        let reports: Vec<_> = addresses.iter().map(|it| checker.check_address(it)).collect();
        let refused: Vec<_> = addresses
            .iter()
            .zip(&reports)
            .map(|(address, report)| Refused { address, report })
            .collect();
        Words::of(&policy, languages).refusal(&refused, true)
    }

    #[test]
    fn the_answer_names_the_address_that_was_meant() {
        assert_eq!(
            refusal("{}", "", &["bob@army.ml"]),
            "550 5.1.2 <bob@army.ml>: this domain looks like a mistyped protected one: did you mean bob@army.mil?"
        );
        let german = refusal("{}", "de-AT, en;q=0.5", &["bob@army.ml"]);
        assert!(german.ends_with("meinten Sie bob@army.mil?"), "{german}");
        assert!(refusal("{}", "ja", &["bob@army.ml"]).contains("did you mean"));
    }

    #[test]
    fn a_refusal_contains_the_texts_of_the_policy() {
        let policy = r#"{"deny": ["bad.example"], "texts": {"en": {"blocked": "Ask 5%: the help desk"}},
            "trainingUrl": "https://x.example/t", "gateway": {"sendAnywayTag": "[send anyway]"}}"#;
        assert_eq!(
            refusal(policy, "", &["bob@bad.example"]),
            "550 5.7.1 <bob@bad.example>: Ask 5 : the help desk. To send anyway, write [send anyway] into the \
             subject. https://x.example/t"
        );
    }

    #[test]
    fn every_answer_fits_into_one_line_of_ascii() {
        let long = format!("{}@army.ml", "x".repeat(64));
        let odd = "b%b\u{e9}@army.ml".to_owned();
        for texts in &TEXTS {
            for addresses in
                [vec![long.as_str(); 9], vec![odd.as_str()], vec!["bob@armymil.com"; 100]]
            {
                let text = refusal(
                    r#"{"trainingUrl": "https://x.example/t"}"#,
                    texts.language,
                    &addresses,
                );
                assert!(text.len() <= LONGEST && text.starts_with("550 5.1.2 "), "{text}");
                assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
                assert!(!text.contains('%'), "{text}");
            }
            for sentence in [texts.meant, texts.lookalike, texts.name, texts.denied, texts.tag] {
                assert_eq!(
                    smtp_text(&sentence.replace("{}", "")),
                    sentence
                        .replace("{}", "")
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" ")
                        .replace('\'', " ")
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" ")
                );
            }
        }
    }
}
