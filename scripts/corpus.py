#!/usr/bin/env python3
"""Makes the generated part of tests/corpus/*.tsv from the lists in data/.

Each case is made by one kind of mistake in a known name, or is a real domain: the expected values follow
from that, never from what the checker answers. The seed is fixed: the same data gives the same files.
Standard library only.
"""

import re
import sys
import unicodedata

import corpus_messages
from corpus_files import CORPUS, File, write
from corpus_model import (
    COMMON, COMPLETIONS, CORE, DISTINCT, FOREIGN, FOREIGN_NAMES, GENERIC, HOSTS, KEYBOARDS, KNOWN, LETTERS,
    LONG, MIL, NEIGHBOURHOOD, OWN, PEOPLE, PERSONAS, TLDS, glyphs, hosts, is_real, name_of, one_edit, rng,
    rows, sample, slips, someone, valid,
)


def floor(host):
    """The mildest verdict on a known host under a delegated suffix one edit away."""
    return "notice" if name_of(host) in GENERIC else "warn"


def suffix_typo():
    out = File("suffix-typo")
    out.open("suffix-ml", "look-alike")
    for host in MIL + hosts(260):
        out.warn(someone(), f"{host}.ml", f"{host}.mil", "suffix-typo", low=floor(host))
    out.open("suffix-ml-new-host", "look-alike")
    for name in sample(DISTINCT, 60):
        host = f"{rng.choice(['g6', 'mx1', 'ops-center', 'j3.hq', 'x7', 'training'])}.{name}"
        out.warn(someone(), f"{host}.ml", f"{host}.mil", "suffix-typo")
    for suffixes, name, count in ((["il"], "suffix-il", 160), (["mit", "ril"], "suffix-mit-ril", 90)):
        out.open(name, "look-alike")
        for host in sample(MIL, count // 2) + hosts(count // 2):
            out.warn(someone(), f"{host}.{rng.choice(suffixes)}", f"{host}.mil", "suffix-typo", low=floor(host))
    out.open("suffix-letter-dropped", "look-alike")
    for host in sample(MIL, 60) + hosts(60):
        out.warn(someone(), f"{host}.mi", f"{host}.mil", "suffix-typo")
    out.open("suffix-one-edit-no-tld", "look-alike")
    for suffix in sorted(one_edit("mil", LETTERS + "0123456789") - TLDS):
        for host in (rng.choice(DISTINCT), rng.choice(HOSTS)):
            out.warn(someone(), f"{host}.{suffix}", f"{host}.mil", "suffix-typo|confusable")
    for layout in KEYBOARDS:
        out.open(f"suffix-slip-{layout}", "look-alike")
        for kind, suffix in sorted(set(slips("mil"))):
            if kind == layout and suffix not in TLDS:
                host = rng.choice(HOSTS)
                out.warn(someone(), f"{host}.{suffix}", f"{host}.mil", "suffix-typo|confusable")
    out.open("suffix-unknown-name", "look-alike")
    for suffix in sample(sorted(one_edit("mil") - TLDS), 30):
        out.add(f"{someone()}@{rng.choice(['newunit', 'acme-test', 'g6.newunit'])}.{suffix}", "notice", "warn", "suffix-typo", "*")
    out.open("suffix-two-edits-no-tld", "look-alike")
    ordinary = set.union(*(one_edit(tld) for tld in "com net org edu gov us uk de fr int info".split()))
    twice = {b for a in set(s for _, s in slips("mil")) for _, b in slips(a) if len(b) > 2 and b.isalpha()}
    twice -= TLDS | ordinary | one_edit("mil") | {"mil"} | {t for t in twice if t.startswith("mil")}
    for suffix in sample(sorted(twice), 90):
        host = rng.choice([f"us.{name}" for name in ("army", "navy", "af")] + sorted(CORE))
        out.warn(someone(), f"{host}.{suffix}", f"{host}.mil", low="notice")
    out.open("dot-moved", "look-alike")
    for host in sample([h for h in HOSTS if name_of(h) in CORE], 20) + sorted(CORE):
        for wrong in (f"{host[:-1]}.{host[-1]}mil", f"{host}m.il", f"{host}.mi.l"):
            out.warn(someone(), wrong, f"{host}.mil", low="notice")
    out.open("run-on", "look-alike")
    for wrong in rows("wild-typos.tsv"):
        wrong = wrong.split("\t")[0]
        if run := re.match(r"(.*)\.mil[a-z0-9]", wrong):
            out.warn(someone(), wrong, f"{run[1]}.mil")
    for host in hosts(60, DISTINCT):
        tail = rng.choice(["com", "us", "org", "gov", "net", "cc", "subject", "ann", "1", "2nd", "http", "www", "to"])
        out.warn(someone(), f"{host}.mil{tail}", f"{host}.mil")
    out.open("both-wrong", "look-alike")
    for name in sample([name for name in LONG if len(name) > 4], 70):
        typo = rng.choice(sorted({t for _, t in slips(name) if t not in KNOWN and NEIGHBOURHOOD.get(t) == {name}} or {""}))
        suffix = rng.choice(["ml", "mi", "mli", "mill", "mul", "il"])
        host = rng.choice(["", "us.", "mail."])
        if valid(typo):
            low = "warn" if suffix not in TLDS else "notice" if name in CORE else "pass"
            local = someone()
            out.add(f"{local}@{host}{typo}.{suffix}", low, "warn", "*",
                    f"{'-|' if low == 'pass' else ''}{local}@{host}{name}.mil")
    out.open("ml-real", "legitimate")
    for domain in [d for d in COMMON if d.endswith(".ml")]:
        out.mild(f"{rng.choice(PEOPLE)}@{domain}")
    out.open("il-real", "legitimate")
    for domain in sample([d for d in COMMON if d.endswith(".il")], 60):
        out.mild(f"{rng.choice(PEOPLE)}@{domain}") if "mod" in domain else out.silent(f"{rng.choice(PEOPLE)}@{domain}")
    return out


def suffix_swapped():
    out = File("suffix-swapped")
    out.open("swapped-with-host", "look-alike")
    for host in hosts(150, CORE & set(LONG)):
        domain = f"{host}.{rng.choice(COMPLETIONS)}"
        if "." in host and host.split(".")[0] not in ("www", "www2") and not is_real(domain):
            out.warn(rng.choice(PEOPLE), domain, f"{host}.mil", "suffix-swapped", low="notice")
    for name in ("army", "navy", "af", "uscg", "usmc"):
        for tld in ("com", "net", "org", "co", "info"):
            if not is_real(f"us.{name}.{tld}"):
                out.warn(rng.choice(PEOPLE), f"us.{name}.{tld}", f"us.{name}.mil", "suffix-swapped", low="notice")
    out.open("swapped-bare", "look-alike")
    for name in sorted(CORE - {"army", "navy", "marines", "disa", "dcma", "dfas", "transcom", "pacom", "dodlive", "armymedicine"}):
        for tld in sample(["com", "org", "us", "net", "gov"], 3):
            if not is_real(f"{name}.{tld}"):
                local = rng.choice(PEOPLE)
                out.add(f"{local}@{name}.{tld}", "notice", "notice", "suffix-swapped", f"-|{local}@{name}.mil")
    out.open("swapped-lesser", "legitimate")
    for name in sample([n for n in LONG if n not in CORE], 60):
        local = rng.choice(PEOPLE)
        out.add(f"{local}@{name}.{rng.choice(['com', 'org', 'net', 'de'])}", "pass", "notice", "*", f"-|{local}@{name}.mil")
    out.open("swapped-generic", "legitimate")
    for name in sorted(GENERIC & KNOWN) + [n for n in DISTINCT if len(n) < 4 and n not in ("dod", "osd")]:
        for tld in sample(["com", "org", "net", "io", "de", "fr", "co.uk", "eu", "ch", "nl", "co", "it", "com.au", "us"], 3):
            out.silent(f"{rng.choice(PEOPLE)}@{name}.{tld}")
    for name in sorted(GENERIC & KNOWN):
        out.silent(f"{rng.choice(PEOPLE)}@mail.{name}.{rng.choice(['com', 'io', 'de'])}")
        out.silent(f"{rng.choice(PEOPLE)}@{name}.{rng.choice(['contoso.com', 'uni-koeln.de', 'example.org', 'city.gov'])}")
    out.open("swapped-real", "legitimate")
    for domain in sample([d for d in COMMON if d.split(".")[0] in KNOWN or d.split(".")[-2] in KNOWN], 220):
        if not any(f".{domain}".endswith(f".{name}") for name in FOREIGN_NAMES):
            out.silent(f"{rng.choice(PEOPLE)}@{domain}")
    return out


def suffix_embedded():
    out = File("suffix-embedded")
    military = {name.removeprefix("mil.") for name in FOREIGN_NAMES if name.startswith("mil.")}
    out.open("mil-com", "look-alike")
    for host in hosts(150) + sample(MIL, 100):
        low = "notice" if host in GENERIC else "warn"
        out.warn(someone(), f"{host}.mil.{rng.choice(COMPLETIONS)}", f"{host}.mil", "suffix-embedded", low=low)
    out.open("mil-country", "look-alike")
    for host in hosts(60, LONG):
        country = rng.choice([t for t in sorted(TLDS) if len(t) == 2 and t not in military and t not in ("ml", "il")])
        out.warn(someone(), f"{host}.mil.{country}", f"{host}.mil", "suffix-embedded")
    out.open("mil-deeper", "look-alike")
    for host in hosts(50, LONG):
        tail = rng.choice(["example.com", "mail.example.org", "login-check.net", "evil.example", "co.uk", "attacker.com.au"])
        out.warn(someone(), f"{host}.mil.{tail}", f"{host}.mil", "suffix-embedded")
    out.open("mil-com-foreign-suffix", "look-alike")
    for name in sample(sorted(CORE - {"army", "navy", "marines", "pacom"}), 20):
        local, country = someone(), rng.choice(sorted(military - {"ac", "ae"}))
        out.add(f"{local}@{name}.mil.{country}", "notice", "warn", "suffix-embedded|foreign-military", f"-|{local}@{name}.mil")
    out.open("mil-first", "look-alike")
    for name in sample(sorted(CORE), 20):
        local, tld = someone(), rng.choice(["com", "net", "org", "us"])
        out.add(f"{local}@mil.{name}.{tld}", "notice", "warn", "suffix-embedded|suffix-swapped", f"-|{local}@{name}.mil")
    out.open("suffix-doubled", "look-alike")
    for host in hosts(40, LONG):
        out.warn(someone(), f"{host}.mil.mil", f"{host}.mil", low="notice")
    out.open("mil-label-real", "legitimate")
    for domain in [d for d in COMMON + OWN if re.search(r"(^|[.-])mil([.-]|$)", d) and ".mil.br" not in d]:
        out.silent(f"{rng.choice(PEOPLE)}@{domain}")
    return out


def suffix_glued():
    out = File("suffix-glued")
    out.open("glued-no-tld", "look-alike")
    for host in MIL + hosts(140):
        low = "notice" if host in GENERIC or len(host) < 3 else "warn"
        out.warn(someone(), f"{host}mil", f"{host}.mil", "suffix-glued", low=low)
    for host in hosts(40, LONG):
        out.warn(someone(), f"{host}-mil", f"{host}.mil", "suffix-glued")
    out.open("glued-tld", "look-alike")
    for host in LONG + hosts(80, LONG):
        glue, tld = rng.choice(["", "-"]), rng.choice(["com", "us", "org", "net", "com", "info"])
        if not is_real(f"{name_of(host)}{glue}mil.{tld}"):
            out.warn(someone(), f"{host}{glue}mil.{tld}", f"{host}.mil", "suffix-glued")
    out.open("glued-twice", "look-alike")
    for name in ("army", "navy", "uscg", "usmc", "centcom", "socom"):
        for service, tld in (("us", "com"), ("mail", "us"), ("us", "org")):
            local = someone()
            out.add(f"{local}@{service}{name}mil.{tld}", "notice", "warn", "suffix-glued", f"-|{local}@{service}.{name}.mil")
    out.open("words-with-mil", "legitimate")
    for domain in sample([d for d in COMMON if "mil" in d and not d.endswith((".ml", ".mil.br"))], 330):
        out.silent(f"{rng.choice(PEOPLE)}@{domain}")
    return out


def confusable():
    out, table = File("confusable"), glyphs()

    def swap(word, kind, count=1):
        places = [i for i, c in enumerate(word) if (kind, c) in table]
        word = list(word)
        for i in rng.sample(places, min(count, len(places))):
            word[i] = rng.choice(table[kind, word[i]])
        return "".join(word)

    out.open("confusable-name", "look-alike")
    for name in LONG + sample(LONG, 60):
        host = rng.choice(["", "", "us."])
        if (fake := swap(name, "uts39", rng.choice([1, 1, 2]))) != name:
            out.warn(someone(), f"{host}{fake}.mil", f"{host}{name}.mil", "confusable")
    out.open("confusable-suffix", "look-alike")
    for host in hosts(70):
        out.warn(someone(), f"{host}.{swap('mil', 'uts39')}", f"{host}.mil", "confusable")
    out.open("confusable-a-label", "look-alike")
    for name in sample(LONG, 80):
        fake = swap(name, "uts39")
        if fake != name and fake == unicodedata.normalize("NFC", fake).lower():
            out.warn(someone(), f"xn--{fake.encode('punycode').decode()}.mil", f"{name}.mil", "confusable")
    for host in hosts(30):
        fake = swap("mil", "uts39")
        if fake == unicodedata.normalize("NFC", fake).lower():
            out.warn(someone(), f"{host}.xn--{fake.encode('punycode').decode()}", f"{host}.mil", "confusable")
    out.open("diacritics", "look-alike")
    for name in sample(LONG, 60):
        if (fake := swap(name, "diacritic")) != name:
            out.warn(someone(), f"{fake}.mil", f"{name}.mil", low="notice")
    for host in hosts(20):
        if (fake := swap("mil", "diacritic")) != "mil":
            out.warn(someone(), f"{host}.{fake}", f"{host}.mil", low="notice")
    out.open("mapped-to-the-real-domain", "legitimate")
    for host in hosts(60):
        wide = "".join(chr(ord(c) + 0xFEE0) for c in f"{host}.mil")
        out.silent(f"{someone()}@{rng.choice([wide, host.replace('.', '。') + '。mil'])}")
    out.open("real-idn", "legitimate")
    for domain in sample([d for d in COMMON if "xn--" in d], 80):
        out.silent(f"{rng.choice(PEOPLE)}@{domain}")
    return out


def unregistered_domain():
    out = File("unregistered-domain")
    out.open("name-one-edit", "look-alike")
    ambiguous, short = [], []
    for name in LONG + sample(LONG, 150):
        kinds = {}
        for kind, typo in slips(name):
            if typo not in KNOWN and valid(typo) and len(typo) > 3:
                kinds.setdefault(kind, []).append(typo)
        typo = rng.choice(sorted(set(kinds[rng.choice(sorted(kinds))])))
        near, host = NEIGHBOURHOOD[typo], rng.choice(["", "", "us.", "mail.", "g6.hq."])
        if near == {name}:
            out.warn(someone(), f"{host}{typo}.mil", f"{host}{name}.mil", "unregistered-domain", "notice", "notice")
        else:
            ambiguous.append((host, typo, near))
    out.open("name-two-neighbours", "look-alike")
    for host, typo, near in ambiguous:
        local = someone()
        # The keyboard may make one neighbour likelier than the others; the checker may suggest no other name.
        right = "|".join(["-"] + [f"{local}@{host}{n}.mil" for n in sorted(near)])
        out.add(f"{local}@{host}{typo}.mil", "notice", "notice", "unregistered-domain", right)
    out.open("name-short", "look-alike")
    for typo in sample(sorted(t for t, near in NEIGHBOURHOOD.items()
                              if len(t) == 3 and t.isalpha() and t not in KNOWN and set(map(len, near)) == {3}), 70):
        out.add(f"{someone()}@{typo}.mil", "notice", "notice", "unregistered-domain", "-")
    out.open("name-far-from-all", "legitimate")
    for _ in range(60):
        label = "".join(rng.choice(["ta", "ko", "ri", "zu", "pe", "ex", "won", "lif", "gra"]) for _ in range(4))
        if label not in NEIGHBOURHOOD:
            out.silent(f"{someone()}@{rng.choice(['', 'mail.', 'g6.'])}{label}.mil")
    return out


def foreign_military():
    out = File("foreign-military")
    out.open("foreign-suffix", "legitimate")
    for domain, evidence in FOREIGN:
        low, reason = ("pass", "foreign-military|-") if evidence == "hand" else ("notice", "foreign-military")
        for host in ["", rng.choice(["mail.", "hq.", "base3."])] if evidence.startswith("psl") else [""]:
            out.add(f"{rng.choice(PEOPLE)}@{host}{domain}", low, "notice", reason, "-")
    return out


def name_mismatch():
    out = File("name-mismatch")
    out.open("display-name", "look-alike")
    for host in hosts(70):
        local = someone()
        shown = rng.choice([f"{local}@{host}.mil", f"{local} ({local}@{host}.mil)", f"{local}@{host}.mil [work]"])
        real = f"{rng.choice(PEOPLE)}@{rng.choice(['gmail.com', 'outlook.com', 'evil.example', 'mail.ru', 'acme.com', 'yahoo.co.jp'])}"
        out.add(f'"{shown}" <{real}>', "warn", "warn", "name-mismatch", "*")
    out.open("display-name-honest", "legitimate")
    for host in hosts(30):
        local = someone()
        out.silent(f'"{local}@{host}.mil" <{local}@{host}.mil>')
    for domain in sample([d for d in COMMON if d.count(".") == 1 and not d.endswith(".ml")], 60):
        local = rng.choice(PEOPLE)
        out.silent(f'"{rng.choice(["Doe, Jane", "Bob", "Ann Lee (Acme)", f"{local}@{domain}"])}" <{local}@{domain}>')
    return out


def persona_local_part():
    out = File("persona-local-part")
    out.open("persona-elsewhere", "look-alike")
    for _ in range(70):
        first, last = rng.choice("jane john maria wei ann david".split()), rng.choice("doe smith garcia chen lee brown o'neil".split())
        local = f"{first}.{rng.choice('abcdefg')}.{last}{rng.choice(['', '', '2', '17'])}.{rng.choice(['civ', 'ctr', 'mil'])}"
        domain = rng.choice(["gmail.com", "yahoo.com", "outlook.com", "aol.com", "icloud.com", "comcast.net", "example.com", "acme.co.uk"])
        out.add(f"{local}@{domain}", "notice", "notice", "persona-local-part", "-")
    out.open("persona-genuine", "legitimate")
    for host in hosts(40):
        out.silent(f"{rng.choice(PERSONAS)}@{host}.mil")
    return out


def malformed():
    out = File("malformed")

    def each(name, count, *forms, reason="malformed"):
        out.open(name, "look-alike")
        for host in hosts(count, DISTINCT):
            local, form = someone(), rng.choice(forms)
            out.add(form.format(l=local, h=host), "notice", "warn", reason, f"{local}@{host}.mil")

    each("separator-mistyped", 60, "{l}@{h},mil", "{l}@{h} mil", "{l}@{h};mil", "{l}@{h}/mil")
    each("separator-underscore", 15, "{l}@{h}_mil", reason="malformed|suffix-glued")
    each("dot-doubled", 40, "{l}@{h}..mil", "{l}@.{h}.mil", "{l}@{h}.mil..")
    each("trailing-punctuation", 40, "{l}@{h}.mil'", "{l}@{h}.mil>", "{l}@{h}.mil)", '{l}@{h}.mil"', "<{l}@{h}.mil")
    each("at-sign", 20, "{l}@@{h}.mil")
    out.open("at-sign", "look-alike")
    for host in hosts(20, LONG):
        local = someone()
        out.add(f"{local}2{host}.mil", "notice", "warn", "malformed", f"-|{local}@{host}.mil")
    return out


def ordinary():
    out = File("ordinary")
    out.open("common-domains", "legitimate")
    for domain in sample([d for d in COMMON if not d.endswith(".ml") and d not in FOREIGN_NAMES], 750):
        out.silent(f"{rng.choice(PEOPLE)}@{rng.choice(['', '', '', 'mail.'])}{domain}")
    out.open("common-edu-gov", "legitimate")
    for domain in sample([d for d in COMMON if re.search(r"\.(edu|gov|ac\.uk|ac\.il|edu\.au|gov\.uk)$", d)], 350):
        out.silent(f"{rng.choice(PEOPLE)}@{domain}")
    out.open("one-edit-from-a-name", "legitimate")
    for domain in sample([d for d in COMMON if NEIGHBOURHOOD.get(d.split(".")[-2] if d.count(".") == 1 else "", {""}) != {""}
                          and not d.endswith(".ml")], 350):
        out.silent(f"{rng.choice(PEOPLE)}@{domain}")
    out.open("dod-outside-mil", "legitimate")
    for domain in sample(OWN, 200):
        out.add(f"{rng.choice(PEOPLE)}@{domain}", "pass", "notice", "*", "*")
    out.open("disposable", "legitimate")
    for domain in sample(rows("disposable-domains.txt"), 200):
        out.mild(f"{rng.choice(PEOPLE)}@{domain}")
    out.open("every-tld", "legitimate")
    for tld in sorted(TLDS - {"ml", "mil"}):
        if rng.random() < 0.2:
            add = out.mild if tld in one_edit("mil") else out.silent
            add(f"{rng.choice(PEOPLE)}@acmewidgets.{tld}")
    return out


def genuine():
    out = File("genuine")
    out.open("genuine-domain", "legitimate")
    for name in MIL:
        out.silent(f"{someone()}@{name}.mil")
    out.open("genuine-host", "legitimate")
    for host in hosts(450):
        domain = f"{host}.mil"
        out.silent(f"{someone()}@{rng.choice([domain, domain, domain, domain.upper(), domain + '.'])}")
    out.open("genuine-new-host", "legitimate")
    for name in sample(MIL, 120):
        host = rng.choice(["mx7", "g6.hq", "x-9", "amry", "armymil", "mil", "army.ml", "com", "navy.mil", "j2.j3.j4"])
        out.silent(f"{someone()}@{host}.{name}.mil")
    return out


def unexpanded_group():
    out = File("unexpanded-group")
    corpus_messages.unexpanded_group(out)
    return out


def many_patterns():
    out = File("policy/many-patterns")
    corpus_messages.lists(out, CORPUS / "policy" / "many-patterns.json")
    return out


def main():
    makers = (suffix_typo, suffix_swapped, suffix_embedded, suffix_glued, confusable, unregistered_domain,
              foreign_military, name_mismatch, persona_local_part, malformed, ordinary, genuine,
              unexpanded_group, many_patterns)
    for make in makers:
        file = make()
        print(f"{file.write():6} {file.name}", file=sys.stderr)
    write("messages.jsonl", corpus_messages.messages())


if __name__ == "__main__":
    main()
