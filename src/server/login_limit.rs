//! How often logins may begin: a bucket for each client address, and one for all of them. The same for whatever else one address
//! may do only so often.
//!
//! Whoever floods the beginning of logins is told to wait, and nobody at another address notices.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dashmap::DashMap;

use crate::protocol::timestamp::Timestamp;

/// The buckets. Each holds as many logins as may begin within a minute, and fills up again within a minute.
#[derive(Debug)]
pub(super) struct LoginLimit {
    per_address: u64,
    in_all: u64,
    networks: DashMap<Network, Bucket>,
    all: Mutex<Bucket>,
    /// Unix seconds of the last sweep that was made for want of room.
    swept: AtomicU64,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// In sixtieths of a login, so that a second adds a whole number.
    left: u64,
    at: Timestamp,
}

impl LoginLimit {
    /// So many logins a minute for each address, and for all together.
    pub(super) fn new(per_address: usize, in_all: usize) -> Self {
        let (per_address, in_all) = (per_address as u64, in_all as u64);
        let full = Bucket { left: in_all * UNITS, at: Timestamp::from_seconds(0) };
        Self {
            per_address,
            in_all,
            networks: DashMap::new(),
            all: Mutex::new(full),
            swept: AtomicU64::new(0),
        }
    }

    /// Takes one login of this address; where nobody knows it, of all only.
    ///
    /// # Errors
    /// How long to wait.
    pub(super) fn take(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), Duration> {
        // The narrowest first: whoever has used up that one takes nothing from the neighbours.
        for network in address.into_iter().flat_map(Network::all_of) {
            let limit = self.limit_of(network);
            if self.has_room(network, now) {
                let full = Bucket { left: limit * UNITS, at: now };
                self.networks.entry(network).or_insert(full).take(limit, now)?;
            }
        }
        self.all.lock().unwrap_or_else(PoisonError::into_inner).take(self.in_all, now)
    }

    /// Whether one more of this address would be taken, without taking it. What all take together does not count here, so that nobody
    /// makes another wait.
    ///
    /// # Errors
    /// How long to wait.
    pub(super) fn look(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), Duration> {
        for network in address.into_iter().flat_map(Network::all_of) {
            if let Some(bucket) = self.networks.get(&network) {
                bucket.clone().take(self.limit_of(network), now)?;
            }
        }
        Ok(())
    }

    /// Forgets the addresses whose buckets are full again.
    pub(super) fn sweep(&self, now: Timestamp) {
        self.networks.retain(|network, bucket| {
            let limit = self.limit_of(*network);
            bucket.filled(limit, now) < limit * UNITS
        });
    }

    const fn limit_of(&self, network: Network) -> u64 {
        match network {
            Network::One(_) => self.per_address,
            Network::Site(_) => self.per_address * SITE,
        }
    }

    /// Beyond the limit an address that is new has no bucket of its own, only its share of all.
    fn has_room(&self, network: Network, now: Timestamp) -> bool {
        if self.networks.len() < MAX_NETWORKS || self.networks.contains_key(&network) {
            return true;
        }
        if self.swept.swap(now.seconds(), Ordering::Relaxed) != now.seconds() {
            self.sweep(now);
        }
        self.networks.len() < MAX_NETWORKS
    }
}

/// What has a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Network {
    /// An address, or an IPv6 network of 64 bits: whoever has one IPv6 address has 2⁶⁴ of them (RFC 4291 section 2.5.4).
    One(IpAddr),
    /// An IPv6 network of 48 bits: so much one customer may have (RFC 6177 section 2), which is 2¹⁶ of the former.
    Site(Ipv6Addr),
}

impl Network {
    /// Those that an address belongs to, the narrowest first.
    fn all_of(address: IpAddr) -> impl Iterator<Item = Self> {
        let (one, site) = match address.to_canonical() {
            IpAddr::V6(address) => {
                let of = |bits: u32| Ipv6Addr::from_bits(address.to_bits() >> (128 - bits) << (128 - bits));
                (of(64).into(), Some(of(48)))
            }
            address @ IpAddr::V4(_) => (address, None),
        };
        std::iter::once(Self::One(one)).chain(site.map(Self::Site))
    }
}

impl Bucket {
    const fn filled(&self, a_minute: u64, now: Timestamp) -> u64 {
        let seconds = now.seconds().saturating_sub(self.at.seconds());
        let filled = self.left.saturating_add(seconds.saturating_mul(a_minute));
        if filled < a_minute * UNITS { filled } else { a_minute * UNITS }
    }

    fn take(&mut self, a_minute: u64, now: Timestamp) -> Result<(), Duration> {
        let filled = self.filled(a_minute, now);
        let Some(left) = filled.checked_sub(UNITS) else {
            return Err(Duration::from_secs((UNITS - filled).div_ceil(a_minute)));
        };
        *self = Self { left, at: now };
        Ok(())
    }
}

/// Parts of a login in a bucket: one for each second of a minute.
const UNITS: u64 = 60;
/// So many addresses' worth of logins may come out of one network of 48 bits.
const SITE: u64 = 16;
/// Addresses and networks with a bucket of their own, in about 10 MB.
const MAX_NETWORKS: usize = 100_000;

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use super::{LoginLimit, MAX_NETWORKS, Timestamp};

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_000 + seconds)
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    /// E-27.
    #[test]
    fn an_address_has_its_minute_and_gets_it_back_second_by_second() {
        let limit = LoginLimit::new(120, 1_000_000);
        let flood = address("192.0.2.1");
        assert!((0..120).all(|_| limit.take(flood, at(0)).is_ok()));
        assert_eq!(limit.take(flood, at(0)), Err(Duration::from_secs(1)));
        assert_eq!(limit.take(address("192.0.2.2"), at(0)), Ok(()), "another address");
        assert_eq!(limit.take(None, at(0)), Ok(()), "nobody knows whose");
        assert!((0..2).all(|_| limit.take(flood, at(1)).is_ok()));
        assert!(limit.take(flood, at(1)).is_err());
        assert!((0..120).all(|_| limit.take(flood, at(3_600)).is_ok()));
        assert!(limit.take(flood, at(3_600)).is_err(), "never more than a minute's");
    }

    #[test]
    fn a_slow_bucket_says_how_long_to_wait_and_the_limit_of_all_holds_for_everybody() {
        let limit = LoginLimit::new(1, 3);
        assert_eq!(limit.take(address("192.0.2.1"), at(0)), Ok(()));
        assert_eq!(limit.take(address("192.0.2.1"), at(10)), Err(Duration::from_secs(50)));
        assert_eq!(limit.take(address("192.0.2.2"), at(10)), Ok(()));
        assert_eq!(limit.take(None, at(10)), Ok(()));
        assert_eq!(limit.take(address("192.0.2.3"), at(10)), Err(Duration::from_secs(10)));
        assert_eq!(limit.take(address("192.0.2.4"), at(20)), Ok(()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_a_mapped_one_is_what_it_is() {
        let limit = LoginLimit::new(1, 100);
        assert!(limit.take(address("2001:db8:0:1::1"), at(0)).is_ok());
        assert!(limit.take(address("2001:db8:0:1:ffff::2"), at(0)).is_err());
        assert!(limit.take(address("2001:db8:0:2::1"), at(0)).is_ok());
        assert!(limit.take(address("192.0.2.1"), at(0)).is_ok());
        assert!(limit.take(address("::ffff:192.0.2.1"), at(0)).is_err());
    }

    /// Whoever has a network of 48 bits does not use up the logins of everybody.
    #[test]
    fn a_site_has_the_logins_of_sixteen_addresses_and_one_of_its_networks_does_not_use_them_up() {
        let limit = LoginLimit::new(10, 1_000_000);
        let from = |site: u32, network: u32, at_second| {
            limit.take(address(&format!("2001:db8:{site:x}:{network:x}::1")), at(at_second)).is_ok()
        };
        assert_eq!((0..1_000).filter(|_| from(1, 0, 0)).count(), 10);
        assert_eq!((1..1_000).filter(|network| from(1, *network, 0)).count(), 150);
        assert!(from(2, 1, 0), "another site");
        assert!(from(1, 2_000, 60), "a minute later");
    }

    #[test]
    fn the_table_is_bounded_and_forgets_who_waited() {
        let limit = LoginLimit::new(1, 10_000_000);
        for number in 0..u32::try_from(MAX_NETWORKS).expect("it fits") + 10 {
            assert!(limit.take(Some(IpAddr::from(number.to_be_bytes())), at(0)).is_ok());
        }
        assert_eq!(limit.networks.len(), MAX_NETWORKS);
        // There was room for this one, and it is still held to its share.
        assert!(limit.take(Some(IpAddr::from([0, 0, 0, 1])), at(0)).is_err());
        assert!(limit.take(address("198.51.100.1"), at(60)).is_ok());
        assert_eq!(limit.networks.len(), 1);
    }
}
