//! Every scenario, ended at every entry of its journal, with every call made twice, and failing at every call.
//!
//! A scenario is a manifest, what is given, what happens, and what must be so at the end. It runs once undisturbed; what
//! it leaves behind then is what it must leave behind whenever the server dies: nothing lost, nothing doubled, no slot
//! held, everything ended. `BOTADURA_LONG=1` runs all of it.

mod cases;
mod guards;
mod snapshot;

use std::{
    fmt::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use botadura::domain::policy::HoldReason;

use crate::support::{
    between::{Calls, Disturbance, Fate, Moment, disturbed},
    world::World,
};
use snapshot::{Snapshot, snapshot};

/// How many worlds run side by side.
const SIDE_BY_SIDE: usize = 3;

/// Something that happens, told so that it can happen again and again.
pub struct Scenario {
    pub name: &'static str,
    /// The application; `$ROOT` is the world's folder, `$PORT` a free port.
    pub manifest: &'static str,
    /// What has happened before: not swept.
    pub given: fn(&mut World),
    /// What happens.
    pub when: fn(&mut World),
    /// What must be so when nobody disturbs it.
    pub then: fn(&mut World, &Snapshot),
    /// Whether the short sweep leaves the less telling half out: it is slow, and has much in common with others.
    pub halved: bool,
}

/// How a run of a scenario is disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Crash(Moment),
    Call(Disturbance),
}

/// What an undisturbed run amounts to.
struct Reference {
    left: Snapshot,
    /// Entries of the journal: how many before, and how many while it happened.
    entries: (usize, usize),
    /// Calls of steps, likewise.
    calls: (usize, usize),
}

impl Scenario {
    /// Ends the server before and after every entry.
    pub fn survives_every_crash(&self) {
        let reference = self.reference();
        let (first, count) = reference.entries;
        let halved = self.is_halved();
        let places = (first..first + count).flat_map(|place| [Moment::Before(place), Moment::After(place)]);
        let places = places.filter(|moment| !halved || matches!(moment, Moment::Before(_)));
        self.all(&reference, &places.map(Run::Crash).collect::<Vec<_>>());
    }

    /// Makes every call twice, and lets the answer of each call in turn get lost.
    pub fn may_be_asked_twice(&self) {
        let reference = self.reference();
        let (first, count) = reference.calls;
        let lost = (first..first + count).map(Disturbance::UnknownAt);
        self.all(&reference, &std::iter::once(Disturbance::Twice).chain(lost).map(Run::Call).collect::<Vec<_>>());
    }

    /// Lets each call in turn fail, before it did anything and after it did everything.
    pub fn fails_well_everywhere(&self) {
        let reference = self.reference();
        let (first, count) = reference.calls;
        let places = (first..first + count).flat_map(|place| [Disturbance::FailAt(place), Disturbance::FailAfter(place)]);
        let halved = self.is_halved();
        let places = places.filter(|call| !halved || matches!(call, Disturbance::FailAfter(_)));
        self.all(&reference, &places.map(Run::Call).collect::<Vec<_>>());
    }

    fn is_halved(&self) -> bool {
        self.halved && !crate::support::is_long()
    }

    fn world(&self, fate: &Arc<Fate>, calls: &Arc<Calls>, disturbance: Disturbance) -> World {
        let manifest =
            self.manifest.replace("$PORT", &crate::support::free_port().to_string()).replace("$BINARY", env!("CARGO_BIN_EXE_botadura"));
        let world = World::with(&manifest).fate(fate).between(disturbed(disturbance, calls));
        let asks_github = ["checks: ", "workflow: "].iter().any(|kind| manifest.contains(kind));
        if asks_github { world.github().start() } else { world.start() }
    }

    fn reference(&self) -> Reference {
        let (fate, calls) = (Fate::new(None), Arc::new(Calls::default()));
        let mut world = self.world(&fate, &calls, Disturbance::Not);
        (self.given)(&mut world);
        finish(&mut world);
        let before = (fate.entries(), calls.count());
        (self.when)(&mut world);
        finish(&mut world);
        let left = snapshot(&world);
        (self.then)(&mut world, &left);
        Reference { left, entries: (before.0, fate.entries() - before.0), calls: (before.1, calls.count() - before.1) }
    }

    fn all(&self, reference: &Reference, runs: &[Run]) {
        let began = Instant::now();
        let (next, hits) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let wrong = Mutex::new(String::new());
        std::thread::scope(|scope| {
            for _ in 0..SIDE_BY_SIDE {
                scope.spawn(|| {
                    while let Some(run) = runs.get(next.fetch_add(1, Ordering::SeqCst)) {
                        match catch_unwind(AssertUnwindSafe(|| self.run(reference, *run))) {
                            Ok(hit) => _ = hits.fetch_add(usize::from(hit), Ordering::SeqCst),
                            Err(why) => {
                                let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                                let _ = writeln!(wrong.lock().unwrap_or_else(PoisonError::into_inner), "== {run:?}\n{why}");
                            }
                        }
                    }
                });
            }
        });
        let (hits, wrong) = (hits.into_inner(), wrong.into_inner().unwrap_or_else(PoisonError::into_inner));
        assert!(wrong.is_empty(), "{}, {} runs:\n{wrong}", self.name, runs.len());
        // A run that ends earlier than the reference in its last moments is not reached; most must be.
        assert!(hits * 10 >= runs.len() * 9, "only {hits} of {} runs were disturbed", runs.len());
        let kind = match runs.first() {
            Some(Run::Crash(_)) => "crashes",
            Some(Run::Call(Disturbance::Twice)) => "calls made twice or answered in vain",
            _ => "failing calls",
        };
        crate::support::figure(&format!("{}: {hits} {kind}, 0 lost, 0 doubled, 0 stuck, {:.0?}", self.name, began.elapsed()));
    }

    /// Whether it was disturbed.
    fn run(&self, reference: &Reference, run: Run) -> bool {
        let (moment, disturbance) = match run {
            Run::Crash(moment) => (Some(moment), Disturbance::Not),
            Run::Call(disturbance) => (None, disturbance),
        };
        let (fate, calls) = (Fate::new(moment), Arc::new(Calls::default()));
        let mut world = self.world(&fate, &calls, disturbance);
        (self.given)(&mut world);
        finish(&mut world);
        (self.when)(&mut world);
        finish(&mut world);
        let left = snapshot(&world);
        if matches!(disturbance, Disturbance::FailAt(_) | Disturbance::FailAfter(_)) {
            return failed_well(&world, &calls, &left);
        }
        assert_eq!(left, reference.left, "{}", world.timeline());
        fate.has_ended() || disturbance == Disturbance::Twice || calls.hit().is_some()
    }
}

/// Until everything has ended, whatever time that takes.
pub fn finish(world: &mut World) {
    for _ in 0..200 {
        world.settle();
        if snapshot::ended(world) {
            return;
        }
        world.clock.advance(Duration::from_secs(1));
    }
    panic!("it never ended:\n{}", world.timeline());
}

/// What must be so after a failure anywhere: nothing that failed counts as done, nothing happened twice, the slot is
/// free, and what stands is the last good version, or a person is asked to look.
fn failed_well(world: &World, calls: &Calls, left: &Snapshot) -> bool {
    let Some(hit) = calls.hit() else { return false };
    let told = || format!("{hit:?}\n{left:#?}\n{}", world.timeline());
    let id = hit.deployment.to_string();
    let result = left.history.iter().find_map(|line| line.strip_prefix(&format!("{id} "))).unwrap_or_else(|| panic!("{}", told()));
    assert!(!hit.apply || result != "succeeded", "it failed, and counts as succeeded: {}", told());
    assert!(left.doubled().is_empty(), "{:?} twice: {}", left.doubled(), told());
    for (name, row) in &left.environments {
        assert_eq!(row.slot, None, "{}", told());
        let asks = row.hold.as_ref().is_some_and(|hold| hold.why == HoldReason::NeedsHuman);
        assert!(asks || row.uncertain.is_empty(), "uncertain, and nobody is asked: {}", told());
        assert!(asks || left.stands_as_recorded(name), "what stands is not what is recorded: {}", told());
    }
    true
}
