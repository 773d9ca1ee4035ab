//! How often logins may begin: a bucket for each client address, and one for all of them.
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
    addresses: DashMap<IpAddr, Bucket>,
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
            addresses: DashMap::new(),
            all: Mutex::new(full),
            swept: AtomicU64::new(0),
        }
    }

    /// Takes one login of this address; where nobody knows it, of all only.
    ///
    /// # Errors
    /// How long to wait.
    pub(super) fn take(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), Duration> {
        if let Some(address) = address.map(network)
            && self.has_room(&address, now)
        {
            let full = Bucket { left: self.per_address * UNITS, at: now };
            self.addresses.entry(address).or_insert(full).take(self.per_address, now)?;
        }
        self.all.lock().unwrap_or_else(PoisonError::into_inner).take(self.in_all, now)
    }

    /// Forgets the addresses whose buckets are full again.
    pub(super) fn sweep(&self, now: Timestamp) {
        self.addresses.retain(|_, bucket| bucket.filled(self.per_address, now) < self.per_address * UNITS);
    }

    /// Beyond the limit an address that is new has no bucket of its own, only its share of all.
    fn has_room(&self, address: &IpAddr, now: Timestamp) -> bool {
        if self.addresses.len() < MAX_ADDRESSES || self.addresses.contains_key(address) {
            return true;
        }
        if self.swept.swap(now.seconds(), Ordering::Relaxed) != now.seconds() {
            self.sweep(now);
        }
        self.addresses.len() < MAX_ADDRESSES
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

/// Whoever has one IPv6 address has 2⁶⁴ of them (RFC 4291 section 2.5.4).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// Parts of a login in a bucket: one for each second of a minute.
const UNITS: u64 = 60;
/// Addresses with a bucket of their own, in about 10 MB.
const MAX_ADDRESSES: usize = 100_000;

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use super::{LoginLimit, MAX_ADDRESSES, Timestamp};

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

    #[test]
    fn the_table_is_bounded_and_forgets_who_waited() {
        let limit = LoginLimit::new(1, 10_000_000);
        for number in 0..u32::try_from(MAX_ADDRESSES).expect("it fits") + 10 {
            assert!(limit.take(Some(IpAddr::from(number.to_be_bytes())), at(0)).is_ok());
        }
        assert_eq!(limit.addresses.len(), MAX_ADDRESSES);
        // There was room for this one, and it is still held to its share.
        assert!(limit.take(Some(IpAddr::from([0, 0, 0, 1])), at(0)).is_err());
        assert!(limit.take(address("198.51.100.1"), at(60)).is_ok());
        assert_eq!(limit.addresses.len(), 1);
    }
}
