//! Counts the results of the vectors, and compares them with docs/conformance.md.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use crate::differences::{DIFFERENCES, Difference, WAITING};
use crate::record::record;
use crate::wycheproof::{File, Published, Vector};

#[derive(Default)]
pub(crate) struct Report {
    files: Vec<(String, Counts)>,
    seen: BTreeMap<(String, u32), String>,
    waiting: BTreeMap<String, Vec<u32>>,
}

#[derive(Default)]
struct Counts {
    accepted: usize,
    refused: usize,
    either: usize,
    different: usize,
    waiting: usize,
}

impl Counts {
    fn total(&self) -> usize {
        self.accepted + self.refused + self.either + self.different + self.waiting
    }
}

impl Report {
    /// How many vectors were counted.
    pub(crate) fn ran(&self) -> usize {
        self.files.iter().map(|(_, counts)| counts.total()).sum()
    }

    /// Counts the result of a vector.
    pub(crate) fn enter(
        &mut self,
        file: &File,
        vector: &Vector,
        published: Published,
        accepted: bool,
    ) {
        let counts = self.counts_of(file);
        match (published, accepted) {
            (Published::Valid, true) => counts.accepted += 1,
            (Published::Invalid, false) => counts.refused += 1,
            (Published::Acceptable, _) => counts.either += 1,
            _ => {
                counts.different += 1;
                let did = if accepted { "accepted" } else { "refused" };
                let what = format!("{published:?} ({}), and was {did}", vector.comment);
                self.seen.insert((file.name.clone(), vector.tc_id), what);
            }
        }
    }

    /// Counts a vector that can't run, because the engine lacks the feature.
    pub(crate) fn wait(&mut self, file: &File, vector: &Vector) {
        self.counts_of(file).waiting += 1;
        self.waiting.entry(file.name.clone()).or_default().push(vector.tc_id);
    }

    fn counts_of(&mut self, file: &File) -> &mut Counts {
        if self.files.last().is_none_or(|(name, _)| *name != file.name) {
            self.files.push((file.name.clone(), Counts::default()));
        }
        &mut self.files.last_mut().expect("the file's counts").1
    }

    /// Prints the counts, and compares them with the document, or writes them there.
    ///
    /// # Panics
    ///
    /// If a difference is not listed, a listed one no longer exists, or the document is out of date.
    pub(crate) fn check(mut self) {
        // Written to stderr directly, because the test harness captures what `eprintln!` prints.
        let _ = writeln!(std::io::stderr(), "{}", self.summary());
        let table = self.table();
        for difference in DIFFERENCES {
            for vector in difference.vectors {
                let key = (difference.file.to_owned(), *vector);
                assert!(
                    self.seen.remove(&key).is_some(),
                    "{key:?} is listed as a difference, but agrees with what is published"
                );
            }
        }
        assert!(self.seen.is_empty(), "differences that are not listed: {:#?}", self.seen);

        record("published test vectors", &table);
    }

    fn summary(&self) -> String {
        let sum = |count: fn(&Counts) -> usize| -> usize {
            self.files.iter().map(|(_, counts)| count(counts)).sum()
        };
        format!(
            "vectors: {} ran, {} accepted and {} refused as published, {} with either result, {} different, {} waiting",
            sum(Counts::total) - sum(|counts| counts.waiting),
            sum(|counts| counts.accepted),
            sum(|counts| counts.refused),
            sum(|counts| counts.either),
            sum(|counts| counts.different),
            sum(|counts| counts.waiting),
        )
    }

    fn table(&self) -> String {
        let mut page = String::from(
            "| file | vectors | accepted as published | refused as published | either is right | different | waiting |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        );
        let mut sum = Counts::default();
        for (name, counts) in &self.files {
            let _ = writeln!(page, "| `{name}` | {} |", counts.cells());
            sum = sum.and(counts);
        }
        let _ = writeln!(page, "| all | {} |\n", sum.cells());
        page += "| different | vectors | what | why |\n| --- | --- | --- | --- |\n";
        for Difference { file, vectors, what, why } in DIFFERENCES {
            let _ = writeln!(page, "| `{file}` | {} | {what} | {why} |", list(vectors));
        }
        let _ = writeln!(page, "\n{WAITING}\n\n| waiting | vectors |\n| --- | --- |");
        for (file, vectors) in &self.waiting {
            let _ = writeln!(page, "| `{file}` | {} |", list(vectors));
        }
        page
    }
}

impl Counts {
    fn cells(&self) -> String {
        let Self { accepted, refused, either, different, waiting } = self;
        format!("{} | {accepted} | {refused} | {either} | {different} | {waiting}", self.total())
    }

    fn and(self, other: &Self) -> Self {
        Self {
            accepted: self.accepted + other.accepted,
            refused: self.refused + other.refused,
            either: self.either + other.either,
            different: self.different + other.different,
            waiting: self.waiting + other.waiting,
        }
    }
}

fn list(vectors: &[u32]) -> String {
    vectors.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}
