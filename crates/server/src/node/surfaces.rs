//! Which listener serves what.

use quash_http::{IdentityHeaders, Surface, router, router_for};

use super::Node;
use crate::config::Config;
use crate::config::forward_auth::ForwardAuthConfig;
use crate::serving::Surfaces;

/// The names of the headers that `/auth/check` answers with.
pub fn identity_headers(config: &ForwardAuthConfig) -> IdentityHeaders {
    IdentityHeaders {
        issuer: config.issuer_header.clone(),
        subject: config.subject_header.clone(),
        session: config.session_header.clone(),
        scope: config.scope_header.clone(),
        roles: config.roles_header.clone(),
    }
}

impl Node {
    /// The routers for the listeners of `config`: what has no listener of its own is on the public one.
    pub fn surfaces(&self, config: &Config) -> Surfaces {
        let own_admin = config.server.admin_listen.is_some();
        let own_metrics = config.server.metrics_listen.is_some();
        let alone = |surface| router_for(self.state.clone(), &[surface]);
        let public = if own_admin || own_metrics {
            let mut shared = vec![Surface::Public];
            shared.extend((!own_admin).then_some(Surface::Admin));
            shared.extend((!own_metrics).then_some(Surface::Metrics));
            router_for(self.state.clone(), &shared)
        } else {
            router(self.state.clone())
        };
        Surfaces {
            public,
            admin: own_admin.then(|| alone(Surface::Admin)),
            metrics: own_metrics.then(|| alone(Surface::Metrics)),
        }
    }
}
