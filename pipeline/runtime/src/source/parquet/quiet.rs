//! Panics of the library below, which are damage of a file and no fault of the program.
//!
//! They are caught, and what they say goes into the one message that ends the run: the process's own hook would print
//! them, with a trace, before it. The hook is laid over the one that was there and looks only at the thread at hand.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether panics of this thread are told by whoever catches them.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Does something; gives what a panic says.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static LAID: Once = Once::new();
    LAID.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_QUIET.get() {
                before(panic);
            }
        }));
    });
    let before = IS_QUIET.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_QUIET.set(before);
    done.map_err(|said| said_by(&*said))
}

fn said_by(said: &(dyn Any + Send)) -> String {
    let text = said.downcast_ref::<String>().map(String::as_str);
    let text = text.or(said.downcast_ref::<&str>().copied()).unwrap_or("without a word");
    // The first line says what is wrong.
    text.lines().next().unwrap_or_default().to_owned()
}
