//! What an audit found.

use super::{Text, text};
use crate::domain::history::{Fault, Report, Wrong};

impl Text {
    /// What an audit found: first the verdict, then each fault, at last where the chain has come to.
    pub fn audit(&self, report: &Report) -> Vec<String> {
        let count = ("rows", text(report.rows));
        let mut lines = vec![match report.wrong.first() {
            None => self.say("audit-clean", &[count]),
            Some(first) => {
                let deployments: Vec<String> = report.deployments().iter().map(|id| format!("#{id}")).collect();
                let first = first.row.map_or_else(|| self.word("audit-no-row"), |row| self.say("audit-row", &[("row", text(row))]));
                self.say("audit-altered", &[count, ("first", text(first)), ("deployments", text(self.all_of(&deployments)))])
            }
        }];
        lines.extend(report.wrong.iter().map(|wrong| self.wrong(wrong)));
        if report.before > 0 {
            lines.push(self.say("audit-before", &[("count", text(report.before))]));
        }
        lines.push(self.say("audit-head", &[("count", text(report.head.count)), ("hash", text(&report.head.hash))]));
        lines
    }

    fn wrong(&self, wrong: &Wrong) -> String {
        let what = match wrong.fault {
            Fault::Row => "audit-fault-row",
            Fault::Order => "audit-fault-order",
            Fault::Unreadable => "audit-fault-unreadable",
            Fault::Deployment => "audit-fault-deployment",
            Fault::Proposal => "audit-fault-proposal",
            Fault::Approvals => "audit-fault-approvals",
            Fault::Journal => "audit-fault-journal",
            Fault::Disagrees => "audit-fault-disagrees",
            Fault::Missing => "audit-fault-missing",
            Fault::End => "audit-fault-end",
        };
        let place = match (wrong.row, wrong.deployment) {
            (Some(row), Some(id)) => self.say("audit-place", &[("row", text(row)), ("id", text(id))]),
            (None, Some(id)) => format!("#{id}"),
            (_, None) => self.word("audit-place-end"),
        };
        format!("  {place}: {}", self.word(what))
    }
}
