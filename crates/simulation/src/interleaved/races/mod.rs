//! The races, one file each.

mod activity;
mod join;
mod refresh;
mod schedule;
mod sign_in;
mod twice;
mod undo;

pub use activity::ReportAgainst;
pub use join::JoinAgainst;
pub use refresh::{Ending, RefreshAgainst};
pub use schedule::FiringAgainst;
pub use sign_in::{SignInAgainst, TwoSignIns};
pub use twice::SameToken;
pub use undo::{SecondThought, UndoAgainst};

use super::Tally;
use crate::planted::Planted;
use crate::violation::Violation;

/// Gives a race what tests call.
macro_rules! in_every_order {
    ($race:ty) => {
        impl $race {
            /// Runs it in every order, `planted` or not.
            ///
            /// # Errors
            /// The first rule that was seen broken, and in which order.
            pub async fn in_every_order(self, planted: Option<Planted>) -> Result<Tally, Violation> {
                super::in_every_order(&self, planted).await
            }
        }
    };
}

in_every_order!(RefreshAgainst);
in_every_order!(ReportAgainst);
in_every_order!(JoinAgainst);
in_every_order!(SameToken);
in_every_order!(SignInAgainst);
in_every_order!(TwoSignIns);
in_every_order!(UndoAgainst);
in_every_order!(FiringAgainst);
