//! Verifiers whose lease is over are forgotten.

use crate::authority::Authority;
use crate::error::Error;

impl Authority {
    /// Forgets the verifiers that are gone and whose lease is over. How many went.
    pub(crate) async fn maintain_leases(&self) -> Result<u64, Error> {
        let _one_at_a_time = self.leases.recording.lock().await;
        let now = self.leases.uptime.uptime();
        let over = self.leases.table().expire(now);
        let mut forgotten = 0;
        for instance in over {
            // What stays in the store by an error here is counted as running after the next start, and goes then.
            self.store.delete_verifier(&instance).await?;
            self.counters.leases_over.add_one();
            forgotten += 1;
        }
        Ok(forgotten)
    }
}
