//! Bugs of one kind: something is judged outside of the transaction that carries it out.

use quash_core::position::Position;
use quash_storage::ports::{
    Act, Append, Appended, BanPut, Filter, Fire, NewSession, Opened, PageRequest, PutBan, Renewed,
    StateFilter, StoreError, Undo, Undone,
};

use super::store::Faulty;

impl Faulty {
    /// Looks whether there is room, then opens whatever came in between.
    pub(super) async fn open_judging_outside(&self, session: NewSession) -> Result<Opened, StoreError> {
        let Some(limit) = &session.limit else { return self.inner.open(session).await };
        let of = &session.session;
        let filter =
            Filter { subject: Some(of.subject.clone()), state: StateFilter::Active, ..Filter::default() };
        let page = PageRequest { after: None, limit: 200, now: of.opened_at };
        let live = self.inner.sessions(&filter, &page).await?.items.len();
        let has_room = u32::try_from(live).is_ok_and(|live| live < limit.policy.max.get());
        let limit = session.limit.clone().filter(|_| !has_room);
        self.inner.open(NewSession { limit, ..session }).await
    }

    /// Gives a renewed token the head as it is afterwards.
    pub(super) async fn read_head_after(&self, renewed: Renewed) -> Result<Renewed, StoreError> {
        Ok(Renewed { position: self.inner.head().await?.position, ..renewed })
    }

    /// Looks whether the schedule is there, then makes its entry whatever became of it.
    pub(super) async fn fire_judging_outside(&self, fire: Fire) -> Result<Option<Position>, StoreError> {
        let due = self.inner.schedules().await?;
        if !due.iter().any(|schedule| schedule.id == fire.id && schedule.due_at == fire.due_at) {
            return Ok(None);
        }
        let at = fire.entry.recorded_at;
        let append = Append::new(fire.entry);
        let made = self.inner.append(append).await?;
        self.inner.delete_schedule(&fire.id, Act::of_system(at, "bug")).await?;
        let Appended::At { position, .. } = made else { return Ok(None) };
        Ok(Some(position))
    }

    /// Takes back the entry, and then all others.
    pub(super) async fn take_all_back(&self, undo: Undo) -> Result<Undone, StoreError> {
        let undone = self.inner.undo(undo.clone()).await?;
        for entry in self.inner.entries_before(None, 100).await? {
            self.inner.undo(Undo { position: entry.position, ..undo.clone() }).await?;
        }
        Ok(undone)
    }

    /// Ends what lives, and keeps no ban.
    pub(super) async fn ban_without_a_row(&self, put: PutBan) -> Result<BanPut, StoreError> {
        let (subject, service, at) = (put.subject.clone(), put.service.clone(), put.ban.at);
        let banned = self.inner.ban(put).await?;
        self.inner.lift_ban(&subject, &service, Act::of_system(at, "bug")).await?;
        Ok(banned)
    }
}
