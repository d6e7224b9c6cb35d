//! Checklists: points, and what ticks them.

use std::collections::HashSet;

use super::{
    super::{
        mistake::Code,
        model::{AfterPoints, Checklist, Point, Satisfied},
        written,
        yaml::Path,
    },
    Checker,
};

impl Checker<'_> {
    /// A checklist; whether a plain one is ticked before a version comes or before it goes on, the roads between the
    /// environments say.
    pub(super) fn checklist(&mut self, path: &Path, written: written::Checklist, ticked: &mut Vec<(Path, String)>) -> Checklist {
        if written.before.is_empty() && written.after.is_empty() {
            self.wrong(path, Code::Nothing("name a point, or leave the key out"));
        }
        let mut seen = HashSet::new();
        let at = if written.plain { path.clone() } else { path.key("before") };
        let before = self.points(&at, written.before, &mut seen, ticked);
        let mut after = Vec::new();
        for (i, points) in written.after.into_iter().enumerate() {
            let at = path.key("after").item(i);
            let within = self.span(&at.key("within"), Some(&points.within)).unwrap_or_default();
            self.something(&at.key("points"), Some(&points.points), "name a point, or leave this out");
            after.push(AfterPoints { within, points: self.points(&at.key("points"), points.points, &mut seen, ticked) });
        }
        Checklist { before, leaving: Vec::new(), after }
    }

    fn points(
        &mut self,
        path: &Path,
        written: Vec<written::Point>,
        seen: &mut HashSet<String>,
        ticked: &mut Vec<(Path, String)>,
    ) -> Vec<Point> {
        let mut points = Vec::new();
        for (i, point) in written.into_iter().enumerate() {
            let path = path.item(i);
            self.plain(&path, &point.text);
            if !seen.insert(point.text.clone()) {
                self.wrong(&path, Code::PointAgain(point.text.clone()));
            }
            let satisfied_by = point.satisfied_by.and_then(|by| self.satisfied_by(&path.key("satisfied_by"), by, ticked));
            points.push(Point { text: point.text, satisfied_by });
        }
        points
    }

    fn satisfied_by(&mut self, path: &Path, written: written::SatisfiedBy, ticked: &mut Vec<(Path, String)>) -> Option<Satisfied> {
        match (written.step, written.changed) {
            (Some(step), None) => {
                ticked.push((path.key("step"), step.clone()));
                self.parsed(&path.key("step"), &step).map(Satisfied::Step)
            }
            (None, Some(changed)) => Some(Satisfied::Changed(self.patterns(&path.key("changed"), Some(changed)))),
            (step, _) => {
                let found = if step.is_some() { vec!["step", "changed"] } else { vec![] };
                self.wrong(path, Code::ExactlyOne { of: &["step", "changed"], found });
                None
            }
        }
    }
}
