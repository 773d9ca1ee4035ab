//! The right to refresh a session, where others could have it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::keeper::{Keeper, LEASE, StoreFault};
use crate::session::key::SessionKey;

/// The right to refresh a session, held on to until it is dropped. The default is that of a process beside which there is none.
#[derive(Debug, Default)]
pub struct Lease {
    #[expect(dead_code, reason = "the task that holds on to it ends when this is dropped")]
    held: Option<oneshot::Sender<()>>,
}

/// Takes it, and has a task hold on to it. `None` if somebody else has it.
pub(super) async fn take(
    keeper: &Arc<dyn Keeper>,
    key: &SessionKey,
    holder: [u8; 16],
) -> Result<Option<Lease>, StoreFault> {
    if !keeper.lease(key, &holder).await? {
        return Ok(None);
    }
    let (keeper, key) = (Arc::clone(keeper), *key);
    let (held, mut given_back) = oneshot::channel::<()>();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = &mut given_back => break,
                () = tokio::time::sleep(LEASE / 4) => {}
            }
            // Whether it is still ours changes nothing: what is written is fenced by its version.
            let _ = keeper.lease(&key, &holder).await;
        }
        let _ = keeper.release(&key, &holder).await;
    });
    Ok(Some(Lease { held: Some(held) }))
}
