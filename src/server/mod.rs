//! Inbound: two listeners, one route table, one file an endpoint, one table from verdict to HTTP.

mod admin;
mod assertion_keys;
mod assertions;
mod backchannel;
mod bearer;
mod body;
mod callback;
mod candidates;
mod choose;
mod cors;
mod dispatch;
mod flow_cookie;
mod fragment;
mod frontchannel;
mod initiate_login;
mod jwks;
mod listen;
mod login;
mod login_limit;
mod logout;
mod own_session;
mod passed;
mod person;
mod request_id;
mod resource_metadata;
mod respond;
mod route;
mod same_site;
mod service;
mod set_cookie;
mod stray_callback;
mod subrequest;
mod testing_profile;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::{Client, Config, StoreConfig};
use crate::idp::bearer::Bearers;
use crate::idp::provider::RememberedProvider;
use crate::idp::providers::Providers;
use crate::idp::refusal;
use crate::protocol::secret::Secret;
use crate::session::Sessions;
use crate::session::loops::Loops;
use crate::session::refresh::Refresher;
use crate::session::revoke::Revoker;
use crate::session::sealing::{KeyRing, RingInForce};
use crate::session::store::Store;
use crate::session::store::file::FileKeeper;
use crate::session::used_flows::UsedFlows;
use crate::telemetry::metrics::Metrics;
use admin::Admin;
use assertions::Assertions;
use login_limit::LoginLimit;
use request_id::RequestIds;
use service::Service;

/// A server that answers. Dropping it ends it at once; [`Running::stop`] lets it finish.
#[derive(Debug)]
pub struct Running {
    /// Where proxies ask and browsers sign in.
    pub address: SocketAddr,
    /// Where the operator looks.
    pub admin_address: SocketAddr,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    ring: Arc<RingInForce>,
    grace: Duration,
    stop: watch::Sender<bool>,
    stop_admin: watch::Sender<bool>,
    public: JoinHandle<()>,
    admin: JoinHandle<()>,
    background: Vec<JoinHandle<()>>,
}

/// Listens and answers, from now on, in tasks of the current runtime. Asks no provider before somebody needs one or the
/// background task comes round, so a provider that is down does not keep it from starting.
///
/// # Errors
/// An address cannot be listened on, or the system has no certificate authorities to trust.
pub async fn start(config: Config, clock: Clock) -> io::Result<Running> {
    let metrics = Arc::new(Metrics::new());
    metrics.trusts_every_peer.set(i64::from(config.server.trusts_every_peer()));
    let providers = Arc::new(Providers::new(&config, &clock).map_err(io::Error::other)?);
    let ring = Arc::new(RingInForce::new(KeyRing::new(&config.server.keys, clock.entropy())));
    let store = Arc::new(open_store(&config, &ring, &clock).await?);
    let refresher = Arc::new(Refresher::new(
        Arc::clone(&store),
        Arc::clone(&providers),
        clock.clone(),
        Arc::clone(&metrics),
    ));
    let sessions = Sessions::new(Arc::clone(&store), refresher, clock.clone(), Arc::clone(&metrics));
    let (stop, stopping) = watch::channel(false);
    let (stop_admin, admin_stopping) = watch::channel(false);

    let public_socket =
        listen::bind(config.server.listen).map_err(|error| at("listen", config.server.listen, &error))?;
    let admin_socket = listen::bind(config.server.admin_listen)
        .map_err(|error| at("admin_listen", config.server.admin_listen, &error))?;
    let (address, admin_address) = (public_socket.local_addr()?, admin_socket.local_addr()?);
    testing_profile::confined(&config, &[address, admin_address])?;
    let (grace, max_connections) = (config.server.shutdown_grace, config.server.max_connections);

    let asked = |provider: &&Arc<RememberedProvider>| {
        let mut clients = config.clients.iter().filter(|client| client.testing_profile.is_none());
        let of_tokens = |client: &&Arc<Client>| {
            providers.of_tokens(client).iter().any(|issuer| Arc::ptr_eq(issuer, provider))
        };
        clients.any(|client| Arc::ptr_eq(providers.of(client), provider))
            || config.clients.iter().any(|client| of_tokens(&client))
    };
    let asked: Vec<_> = providers.iter().filter(asked).map(Arc::clone).collect();

    let service = Arc::new(Service {
        ring: Arc::clone(&ring),
        sessions,
        revoker: Arc::new(Revoker::new(Arc::clone(&providers), clock.clone())),
        providers: Arc::clone(&providers),
        used_flows: UsedFlows::default(),
        used_logout_tokens: UsedFlows::default(),
        bearers: Bearers::new(Arc::clone(&providers), clock.clone(), Arc::clone(&metrics)),
        used_proofs: UsedFlows::default(),
        assertions: Assertions::none(),
        introspection_limit: LoginLimit::new(MAX_INTROSPECTIONS, MAX_INTROSPECTIONS_IN_ALL),
        loops: Loops::default(),
        unopened_limit: LoginLimit::new(MAX_UNOPENED, MAX_UNOPENED_IN_ALL),
        login_limit: LoginLimit::new(
            config.server.logins_per_minute_per_address,
            config.server.logins_per_minute,
        ),
        metrics: Arc::clone(&metrics),
        request_ids: RequestIds::new(clock.entropy()),
        warned: DashMap::new(),
        config,
        clock: clock.clone(),
    });
    let mut background: Vec<_> = asked
        .into_iter()
        .map(|provider| {
            let clock = clock.clone();
            tokio::spawn(async move {
                let failed = |fault| refusal::log(provider.issuer(), fault);
                provider.keep_learning(|| clock.entropy::<1>()[0], failed).await;
            })
        })
        .collect();
    background.push(tokio::spawn(keep_sweeping(Arc::clone(&service))));
    let admin =
        Arc::new(Admin { providers, store, metrics: Arc::clone(&metrics), stopping: stopping.clone() });
    let admin_places = Arc::new(Semaphore::new(ADMIN_CONNECTIONS));
    let places = Arc::new(Semaphore::new(max_connections));
    Ok(Running {
        address,
        admin_address,
        metrics: Arc::clone(&metrics),
        ring,
        grace,
        stop,
        stop_admin,
        public: tokio::spawn(listen::serve(public_socket, service, places, Arc::clone(&metrics), stopping)),
        admin: tokio::spawn(listen::serve(
            admin_socket,
            admin,
            admin_places,
            Arc::new(Metrics::new()),
            admin_stopping,
        )),
        background,
    })
}

impl Running {
    /// Seals with the first of these keys from now on, and opens with all. Returns their names, for the log. Sessions are not sealed, and
    /// go on; a login under way ends well as long as the key that it began with is among them. Without a key nothing changes.
    pub fn take_keys(&self, keys: &[Secret]) -> Vec<String> {
        if !keys.is_empty() {
            // There is a key, so the random one is not used.
            self.ring.replace(KeyRing::new(keys, [0; 32]));
        }
        self.ring.now().ids()
    }

    /// Takes no more connections, lets requests under way finish for at most `server.shutdown_grace`, and ends. The admin
    /// listener answers until then, with `/ready` 503. Whether everything finished in time.
    pub async fn stop(mut self) -> bool {
        self.stop.send_replace(true);
        let finished = tokio::time::timeout(self.grace, &mut self.public).await.is_ok();
        self.stop_admin.send_replace(true);
        // What is left there are scrapes; they get a moment.
        let _ = tokio::time::timeout(ADMIN_GRACE, &mut self.admin).await;
        finished
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.public.abort();
        self.admin.abort();
        for task in &self.background {
            task.abort();
        }
    }
}

/// The store that is configured, with what is in it already.
async fn open_store(config: &Config, ring: &Arc<RingInForce>, clock: &Clock) -> io::Result<Store> {
    let limit = config.server.max_sessions;
    let path = match &config.store {
        StoreConfig::Memory => return Ok(Store::in_memory(limit, clock.clone())),
        StoreConfig::File(path) => path.clone(),
    };
    let named = path.display().to_string();
    // It waits for the disk, and for whoever has it open still.
    let opened = tokio::task::spawn_blocking(move || FileKeeper::open(&path, limit)).await?;
    let keeper =
        opened.map_err(|error| io::Error::new(error.kind(), format!("store.path {named}: {error}")))?;
    Ok(Store::kept(limit, Arc::new(keeper), Arc::clone(ring), clock.clone()))
}

/// Removes what is over: sessions that nobody asks for again, flows too old to be replayed, logins too old for a loop.
async fn keep_sweeping(service: Arc<Service>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        service.used_flows.sweep(service.clock.wall());
        service.used_logout_tokens.sweep(service.clock.wall());
        service.used_proofs.sweep(service.clock.wall());
        service.loops.sweep(service.clock.steady());
        service.login_limit.sweep(service.clock.steady());
        service.unopened_limit.sweep(service.clock.steady());
        service.introspection_limit.sweep(service.clock.steady());
        service.sessions.sweep(|name| service.config.client(name).cloned()).await;
    }
}

/// What is in the way of a listener, and what to write instead.
fn at(key: &str, address: SocketAddr, error: &io::Error) -> io::Error {
    let why = match error.kind() {
        io::ErrorKind::AddrInUse => "another process listens there. End it, or write another port".to_owned(),
        io::ErrorKind::AddrNotAvailable => {
            let any = SocketAddr::new(
                if address.is_ipv4() { [0; 4].into() } else { [0; 16].into() },
                address.port(),
            );
            format!("this machine has no such address. Write one that it has, or {any} (every interface)")
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 are not for every user. Write a port from 1024 on".to_owned()
        }
        _ => error.to_string(),
    };
    io::Error::new(error.kind(), format!("server.{key}: {address} cannot be listened on: {why}"))
}

/// Connections to the admin listener at once; they do not count as `server.max_connections`, so that an operator can still
/// look when the public listener is full.
const ADMIN_CONNECTIONS: usize = 64;
/// How long requests to the admin listener may go on after the public one is closed.
const ADMIN_GRACE: Duration = Duration::from_millis(200);
/// Encrypted logout tokens that are none, of one address in a minute (H-04). They may take 100 ms of a processor each.
const MAX_UNOPENED: usize = 60;
/// The same of all addresses. More than can come: by this limit a stranger would keep the provider's from being opened.
const MAX_UNOPENED_IN_ALL: usize = 1_000_000_000;
/// Tokens of one address, in a minute, that an issuer is asked about or for. Those that it was asked about lately do not count.
const MAX_INTROSPECTIONS: usize = 600;
/// The same of all addresses.
const MAX_INTROSPECTIONS_IN_ALL: usize = 60_000;
/// Between two sweeps.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
