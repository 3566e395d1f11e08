//! `suffix-embedded`: a whole protected name with its suffix, and more after it (`army.mil.com`,
//! as address fields complete it), or the suffix before the name (`mil.army.net`).

use super::super::{Form, Lookalike, Scene, Sighting};
use crate::detect::edit::one_edit_apart;
use crate::detect::{Reason, Severity};
use crate::registry::{self, Class};

/// A protected name next to its suffix, with more labels after that.
pub(in crate::detect) fn at_name(sighting: &Sighting<'_>, found: &mut Lookalike) {
    if !sighting.stands_for_name() {
        return;
    }
    let suffix = sighting.suffix.text.as_str();
    let labels = sighting.labels;
    if let Some(after) = sighting.rest().strip_prefix(suffix).and_then(|it| it.strip_prefix('.')) {
        if is_state_military_department(labels.domain, after) {
            return;
        }
        let is_short = !sighting.suffix.protected && sighting.class() < Class::Strong;
        if is_short && sighting.is_registrable() {
            // `rtx.com.cn` beside a protected `rtx.com` is another suffix, and not a longer domain.
            return;
        }
        if found.is_foreign && !is_unmistakable(sighting) {
            return;
        }
        let tld = labels.tld();
        let may_be_a_country = registry::is_other_country(tld) || !registry::is_tld(tld);
        if sighting.is_shared_guess() && may_be_a_country {
            return;
        }
        let whole_suffix = after.split('.').count() <= registry::public_suffix_labels(after);
        let severity = warn_if(sighting.class() > Class::Generic || whole_suffix);
        let end = labels.domain.len();
        found.hit(Reason::SuffixEmbedded, severity, end - after.len() - 1..end);
        if sighting.class() > Class::Weak {
            found.mean(sighting.meant());
        }
    } else if sighting.form == Form::Guess {
        // Companies and fans use such words under other endings.
    } else if has_hyphenated_suffix(sighting) {
        // `army.mil-login.net` reads like a host at `army.mil`, but is another domain.
        let severity = warn_if(sighting.class() > Class::Generic);
        found.hit(Reason::SuffixEmbedded, severity, sighting.rest_span());
        found.mean(sighting.meant());
    } else if labels.get(sighting.at + 1) == suffix && !sighting.rest().is_empty() {
        let severity = match sighting.class() {
            Class::Strong => Severity::Warn,
            Class::Plain => Severity::Notice,
            Class::Generic | Class::Weak => return,
        };
        let span = labels.span(sighting.at + 1).start..labels.domain.len();
        found.hit(Reason::SuffixEmbedded, severity, span);
        let hosts = labels.hosts(sighting.at + 1);
        found.mean([hosts, sighting.name, ".", suffix].concat());
    } else if found.hits.is_empty()
        && let Some((typed, after)) = sighting.rest().split_once('.')
        && one_edit_apart(typed, suffix)
        && typed != "mail"
        && !sighting.index.lookup(typed).any(|matched| matched.form == Form::Name)
        && (sighting.class() == Class::Strong || sighting.has_telling_host())
        && after.split('.').count() == registry::public_suffix_labels(labels.domain)
        && !found.is_foreign
    {
        // `us.army.mli.com` has two slips: the `.com` hides the mistyped suffix.
        let severity = warn_if(sighting.has_telling_host());
        found.hit(Reason::SuffixEmbedded, severity, sighting.rest_span());
        found.mean(sighting.meant());
    }
}

fn warn_if(is_clear: bool) -> Severity {
    if is_clear { Severity::Warn } else { Severity::Notice }
}

/// A protected suffix that is not at the end, below a name that no registry knows (`unit.mil.com`).
/// The finding is mild where a registry exists but is incomplete, and graver where none exists
/// (`army.mod.uk.com`).
pub(in crate::detect) fn whole(scene: &Scene<'_>, found: &mut Lookalike) {
    let Some(at) = scene.suffix_at else { return };
    let (index, labels) = (scene.index, scene.labels);
    let whole = labels.rest(at + 1);
    for suffix in index.protected_suffixes() {
        let Some(after) = whole.strip_prefix(&suffix.text) else { continue };
        // `army.mod.uk-portal.com` reads like the host `army.mod.uk`, but belongs to `uk-portal.com`.
        let separator = if suffix.labels > 1 && after.starts_with('-') { '-' } else { '.' };
        let Some(after) = after.strip_prefix(separator) else { continue };
        let is_public_suffix =
            after.split('.').count() == registry::public_suffix_labels(labels.domain);
        let has_name = !labels.get(at + 1).is_empty();
        if !found.hits.is_empty()
            || (suffix.labels == 1 && !is_public_suffix)
            || is_state_military_department(labels.domain, after)
            || is_another_country(&suffix.text, after)
            || found.is_foreign
        {
            continue;
        }
        let end = labels.domain.len();
        let span = end - after.len() - 1..end;
        if suffix.labels > 1 {
            found.hit(Reason::SuffixEmbedded, Severity::Warn, span);
            found.mean([labels.hosts(at), &suffix.text].concat());
        } else if has_name {
            found.hit(Reason::SuffixEmbedded, Severity::Notice, span);
        }
    }
}

/// `gov.scot`, `gov.ru` where `gov` is protected: these are other governments.
fn is_another_country(suffix: &str, after: &str) -> bool {
    // Scotland and Wales have no two-letter code.
    let is_country = registry::is_other_country(after) || matches!(after, "scot" | "wales");
    !after.contains('.') && is_country && registry::is_category(suffix)
}

/// Whether the label after the name begins with the suffix and a hyphen, or continues with a word that
/// people add to such names: `army.mil-login.net`, `army.milportal.com`.
fn has_hyphenated_suffix(sighting: &Sighting<'_>) -> bool {
    let after = sighting.rest().strip_prefix(sighting.suffix.text.as_str());
    let Some((word, _)) = after.and_then(|after| after.split_once('.')) else { return false };
    let is_clear = sighting.class() > Class::Generic;
    if let Some(word) = word.strip_prefix('-') {
        // `navy.mil-spec.com` may be a supplier's host.
        let is_compound =
            word.split('-').next().is_some_and(|it| registry::MIL_COMPOUNDS.contains(&it));
        return is_clear && !is_compound || registry::is_dressing(word);
    }
    // `mail` may be a mail provider: `mil` and `mail` are one edit apart.
    is_clear
        && registry::is_dressing(word)
        && !registry::is_tld(&[sighting.suffix.text.as_str(), word].concat())
}

/// `mil.wa.gov`: the military departments of US states.
fn is_state_military_department(domain: &str, after: &str) -> bool {
    domain.rsplit('.').next() == Some("gov") && after.matches('.').count() == 1
}

/// Whether a name below another country's `mil.<cc>` is unmistakable: names such as `army` are that country's own.
fn is_unmistakable(sighting: &Sighting<'_>) -> bool {
    match sighting.form {
        Form::Guess => !sighting.is_shared_guess(),
        _ => {
            sighting.has_us_host()
                || sighting.class() == Class::Strong && !sighting.entry.marks.shared
        }
    }
}
