//! All codes of reasons and warnings, held against the one table of them in docs/reference.md.

use std::collections::BTreeSet;

use strum::VariantNames;

use crate::compare::warnings::Warning;
use crate::judge::{BACKLOG_GROWS, GeneratorReason, ServiceReason};
use crate::result::{COMPARE_UNCODED, GENERATOR_UNCODED, SERVICE_UNCODED};
use crate::search::Reason;

/// The codes that the program can write, by the word that they begin with.
fn families() -> [(&'static str, Vec<&'static str>); 4] {
    [
        ("generator.", [GeneratorReason::VARIANTS, &[GENERATOR_UNCODED]].concat()),
        ("service.", [ServiceReason::VARIANTS, &[SERVICE_UNCODED]].concat()),
        ("search.", Reason::VARIANTS.to_vec()),
        ("compare.", [Warning::VARIANTS, &[COMPARE_UNCODED]].concat()),
    ]
}

/// The first cell of each row of the table.
fn documented() -> Vec<&'static str> {
    let reference = include_str!("../docs/reference.md");
    let (_, table) = reference.split_once("| Code | Says |\n|---|---|\n").expect("the table of the codes");
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('`').nth(1).expect("a code in each row")).collect()
}

#[test]
fn the_reference_lists_every_code_and_no_other() {
    let documented = documented();
    let listed: BTreeSet<&str> = documented.iter().copied().collect();
    assert_eq!(documented.len(), listed.len(), "a code stands there twice");
    let known = families().into_iter().flat_map(|(_, codes)| codes).collect();
    assert_eq!(listed, known);
}

#[test]
fn every_code_begins_with_what_it_is_about() {
    for (family, codes) in families() {
        for code in codes {
            let name =
                code.strip_prefix(family).unwrap_or_else(|| panic!("{code} is not a code of {family}"));
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{code}");
        }
    }
    assert!(ServiceReason::VARIANTS.contains(&BACKLOG_GROWS));
}
