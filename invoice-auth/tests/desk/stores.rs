//! Every story is told on every store.

pub(crate) use crate::common::stores::in_memory;

use super::Desk;

/// One story, in memory.
pub(crate) fn memory<F: Future<Output = ()>>(story: impl FnOnce(Desk) -> F) {
    crate::common::stores::memory(|ports| async { story(Desk::on(ports).await).await });
}

/// One test for each story and store.
macro_rules! on_every_store {
    ($($story:ident)+) => {
        $crate::desk::stores::on_every_store!(@ memory [$($story)+]);
        $crate::desk::stores::on_every_store!(@ sqlite [$($story)+]);
        $crate::desk::stores::on_every_store!(@ postgres [$($story)+]);
        $crate::desk::stores::on_every_store!(@ mongo [$($story)+]);
    };
    (@ $store:ident [$($story:ident)+]) => {
        mod $store {
            $(
                #[test]
                fn $story() {
                    $crate::common::stores::$store(|ports| async {
                        super::$story($crate::desk::Desk::on(ports).await).await;
                    });
                }
            )+
        }
    };
}

pub(crate) use on_every_store;
