"""Generated cases that need more than one address: messages, groups, and lists of a policy. Used by corpus.py."""

import itertools
import json

from corpus_model import (
    COMMON, CORE, DISTINCT, FOREIGN_NAMES, GENERIC, HOSTS, KNOWN, LONG, PEOPLE, is_real, name_of, rng, sample, someone,
)

ELSEWHERE = ["gmail.com", "outlook.com", "evil.example", "mail.ru", "acme.com", "yahoo.co.jp", "lockheedmartin.com"]
SILENT = {"min": "pass", "reason": "-", "suggestion": "-"}
GROUPS = """J1 J2 J3 J4 J6 G6 S3 Staff|All Hands|Command Group|Watch Floor|Travel|Contracting|Family Readiness|Range Control|IT Help|
Project Team|Board|Alumni|Working Group 7|Bereitschaft|Équipe|Отдел|広報""".replace("\n", "").replace(" J", "|J").replace(" G6", "|G6").replace(" S3", "|S3").split("|")


def message(name, kind, recipients, expect, **rest):
    case = {"class": f"{name} | {kind}", "message": {"recipients": recipients, **rest}, "expect": expect}
    return json.dumps(case, ensure_ascii=False)


def flagged(low, reasons, suggestion, high=None):
    case = {"min": low, "reasons": reasons, "suggestion": suggestion}
    return {**case, "max": high} if high else case


def shuffled(pairs):
    rng.shuffle(pairs)
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def ordinary(count):
    return [(f"{rng.choice(PEOPLE)}@{domain}", SILENT) for domain in sample(ELSEWHERE, count)]


def messages():
    lines = []
    for name in sorted(GENERIC & KNOWN):
        wrong, right = someone(), someone()
        pairs = [(f"{right}@{name}.mil", SILENT), *ordinary(rng.choice([0, 1, 3])),
                 (f"{wrong}@{name}.ml", flagged("warn", ["suffix-typo", "sibling-mismatch"], f"{wrong}@{name}.mil"))]
        lines.append(message("sibling", "look-alike", *shuffled(pairs)))
    for host in sample([h for h in HOSTS if name_of(h) in LONG], 60):
        wrong = someone()
        form, reason = rng.choice([("{}.ml", "suffix-typo"), ("{}.mi", "suffix-typo"), ("{}.mil.com", "suffix-embedded"),
                                   ("{}mil.com", "suffix-glued"), ("{}.il", "suffix-typo")])
        pairs = [(f"{someone()}@{host}.mil", SILENT) for _ in range(rng.choice([1, 2, 8]))]
        pairs.append((f"{wrong}@{form.format(host)}", flagged("warn", [reason], f"{wrong}@{host}.mil")))
        lines.append(message("sibling", "look-alike", *shuffled(pairs)))
    for name in sorted(CORE - {"army", "navy", "marines", "pacom"}):
        wrong, domain = someone(), f"{name}.{rng.choice(['com', 'org', 'us'])}"
        if not is_real(domain) and name not in ("disa", "dcma", "dfas", "transcom", "dodlive", "armymedicine"):
            pairs = [(f"{someone()}@{name}.mil", SILENT), *ordinary(1),
                     (f"{wrong}@{domain}", flagged("warn", ["suffix-swapped", "sibling-mismatch"], f"{wrong}@{name}.mil"))]
            lines.append(message("sibling", "look-alike", *shuffled(pairs)))
    real = [d for d in COMMON if d.split(".")[0] in KNOWN and d.count(".") == 1 and d not in FOREIGN_NAMES]
    for domain in sample(real, 50):
        pairs = [(f"{someone()}@{domain.split('.')[0]}.mil", SILENT), *ordinary(2), (f"{rng.choice(PEOPLE)}@{domain}", SILENT)]
        lines.append(message("sibling-ordinary", "legitimate", *shuffled(pairs)))
    for host in sample(HOSTS, 80):
        shown = f"{someone()}@{host}.mil"
        name = rng.choice([shown, f"Doe, Jane ({shown})", f"'{shown}'", shown.upper()])
        wrong = {"address": f"{rng.choice(PEOPLE)}@{rng.choice(ELSEWHERE)}", "name": name, "field": rng.choice(["to", "cc", "bcc"])}
        right = {"address": shown, "name": name}
        lines.append(message("name-field", "look-alike", [wrong, right], [flagged("warn", ["name-mismatch"], "*"), SILENT]))
    for host in sample([f"{h}.mil" for h in HOSTS], 30) + sample(ELSEWHERE, 7):
        name = rng.choice(["Doe, Jane", "Jane Doe", "DOE, JANE Q CIV USARMY (USA)", "", "Jane @ work", "JANE.DOE"])
        lines.append(message("name-field-honest", "legitimate", [{"address": f"{rng.choice(PEOPLE)}@{host}", "name": name}], [SILENT]))
    return lines


def unexpanded_group(out):
    out.open("group-unopened", "look-alike")
    for name, form in itertools.product(GROUPS, ["{}:;", '"{}": ;', "{} (list):;", "{}:\t;"]):
        out.add(form.format(name), "notice", "notice", "unexpanded-group", "-")
    out.open("group-with-look-alike", "look-alike")
    for host in sample([h for h in HOSTS if name_of(h) in LONG], 60):
        members = [f"{someone()}@{host}.{rng.choice(['ml', 'mi', 'mil.com', 'mill'])}"]
        members += [f"{rng.choice(PEOPLE)}@{rng.choice(ELSEWHERE)}" for _ in range(rng.choice([0, 1, 4]))]
        rng.shuffle(members)
        out.add(f"{rng.choice(GROUPS)}: {', '.join(members)};", "warn", "warn", "*", "*")
    out.open("group-clean", "legitimate")
    for host in sample(HOSTS, 60):
        members = [f"{someone()}@{host}.mil", *(f"{rng.choice(PEOPLE)}@{rng.choice(ELSEWHERE)}" for _ in range(rng.choice([0, 1, 4])))]
        out.add(f"{rng.choice(GROUPS)}: {', '.join(members)};", "pass", "notice", "*", "-")


def lists(out, path):
    """Patterns over few names, so that they overlap; `decide` states their meaning independently of the checker."""
    words = ["ash", "birch", "cedar", "elm"]
    domains = [".".join([*inner, top]) for depth in range(4) for inner in itertools.product(words, repeat=depth)
               for top in ("example", "test", "ml")][3:]
    patterns = {"deny": [], "allow": []}
    for kind, domain in itertools.product(patterns, sample(domains, 90)):
        form = rng.choice(["{}", "{}", "*.{}", "*.{}", "*@{}", "bob@{}", "-{}", "-*.{}", "-bob@{}"])
        patterns[kind].append(form.format(domain) if domain.count(".") or form == "*.{}" else f"*.{domain}")
    patterns["deny"] += ["*.navy.mil", "mail.mil", "*.ml"]
    document = {"id": "many-patterns", "version": 1, **{kind: sorted(set(found)) for kind, found in patterns.items()}}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    for name in ("denied", "allowed", "not-listed"):
        out.open(f"lists-{name}", "look-alike" if name == "denied" else "legitimate")
        for domain, local in itertools.product(sample(domains, 120) if name == "denied" else domains, ("bob", "ann")):
            verdict = decide(document, local, domain)
            address = f"{local}@{rng.choice([domain, domain, domain.upper(), domain + '.'])}"
            if verdict == name == "denied":
                out.add(address, "block", "block", "denied-by-policy", "-")
            elif verdict == name == "allowed" and rng.random() < 0.5:
                out.add(address, "pass", "pass", "allowed-by-policy|-", "-")
            elif verdict == name and domain.count(".") and rng.random() < 0.7:
                out.add(address, "pass", "notice" if domain.endswith(".ml") else "pass", "*", "-")
    out.open("lists-protected", "legitimate")
    for host in sample([h for h in HOSTS if name_of(h) in ("navy", "mail")], 30):
        out.add(f"{someone()}@{host}.mil", "pass", "pass", "*", "-")
    out.open("lists-denied-look-alike", "look-alike")
    for name in sample(DISTINCT, 30):
        local = someone()
        out.add(f"{local}@{name}.ml", "block", "block", "denied-by-policy", f"{local}@{name}.mil")


def decide(document, local, domain):
    """What the lists say: an address beats a domain beats a suffix beats a shorter suffix; deny beats allow."""
    labels = domain.split(".")
    keys = [f"{local}@{domain}", domain, *("*." + ".".join(labels[i:]) for i in range(1, len(labels)))]
    best = {}
    for kind in ("deny", "allow"):
        entries = {entry.replace("*@", "") for entry in document[kind]}
        if not any(f"-{key}" in entries for key in keys):
            best[kind] = next((len(keys) - i for i, key in enumerate(keys) if key in entries), 0)
    if not any(best.values()):
        return "not-listed"
    return "denied" if best.get("deny", 0) >= best.get("allow", 0) else "allowed"
