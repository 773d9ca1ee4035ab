//! One question at a time about one thing, however many wait for the answer. It goes on when they no longer do: whoever hangs up takes the
//! answer from nobody, and whoever comes again finds it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Questions that are under way, by what they are about.
pub(super) struct Flights<Answer>(Arc<Mutex<UnderWay<Answer>>>);

type UnderWay<Answer> = HashMap<[u8; 32], watch::Receiver<Option<Answer>>>;

impl<Answer: Clone + Send + Sync + 'static> Flights<Answer> {
    /// None.
    pub(super) fn none() -> Self {
        Self(Arc::default())
    }

    /// The answer of the question that is under way, or else of the one that `begin` gives, which goes on in a task of its own. `begin`
    /// is told how many are under way, must not wait, and may have the answer instead. None if the question ended without one: it
    /// panicked.
    pub(super) async fn join<Question>(
        &self,
        about: [u8; 32],
        begin: impl FnOnce(usize) -> Result<Question, Answer>,
    ) -> Option<Answer>
    where
        Question: Future<Output = Answer> + Send + 'static,
    {
        let mut answer = {
            let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match under_way.get(&about) {
                Some(answer) => answer.clone(),
                None => match begin(under_way.len()) {
                    Err(answer) => return Some(answer),
                    Ok(question) => {
                        let (tell, answer) = watch::channel(None);
                        under_way.insert(about, answer.clone());
                        let flight = Flight { under_way: Arc::clone(&self.0), about };
                        tokio::spawn(async move {
                            let told = question.await;
                            // Whoever comes from here on asks anew, or finds what the question left behind.
                            drop(flight);
                            tell.send_replace(Some(told));
                        });
                        answer
                    }
                },
            }
        };
        answer.wait_for(Option::is_some).await.ok()?.clone()
    }
}

/// One of them. It is no longer under way when this is dropped.
struct Flight<Answer> {
    under_way: Arc<Mutex<UnderWay<Answer>>>,
    about: [u8; 32],
}

impl<Answer> Drop for Flight<Answer> {
    fn drop(&mut self) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.about);
    }
}

#[cfg(test)]
mod tests {
    use super::Flights;

    #[tokio::test]
    async fn a_question_that_panics_leaves_nobody_waiting_and_nothing_under_way() {
        let flights = Flights::<u8>::none();
        let answer = flights.join([1; 32], |_| Ok(async { panic!("the question") })).await;
        assert_eq!(answer, None);
        assert_eq!(
            flights.join([1; 32], |under_way| Ok(async move { u8::from(under_way == 0) })).await,
            Some(1)
        );
        assert_eq!(flights.join([1; 32], |_| Err::<std::future::Ready<u8>, _>(7)).await, Some(7), "known");
    }
}
