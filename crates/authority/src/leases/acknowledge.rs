//! A verifier says what it has applied.

use quash_core::position::Position;

use super::Lease;

impl Lease {
    /// The verifier applied and stored every entry up to `watermark`, and uses version `trust` of the trust document.
    /// From memory. What it can not know yet counts as what there is: a position beyond the head as the head, a
    /// version that was not given out in this run as none.
    pub fn acknowledge(&self, watermark: Position, trust: u64) {
        let authority = &self.authority;
        let watermark = watermark.min(authority.durable_head());
        let given_out = authority.first_trust..=*authority.trust_changes.borrow();
        let trust = if given_out.contains(&trust) { trust } else { 0 };
        authority.leases.table().acknowledge(&self.instance, watermark, trust, authority.now());
        authority.leases.acknowledged.send_replace(());
    }
}
