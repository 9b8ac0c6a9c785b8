//! How many workers a machine has room for.

use std::thread::available_parallelism;

use crate::terminal::tell;

/// Workers for each core, at the most. More only wait for each other.
const PER_CORE: usize = 4;

/// Workers that every machine may have.
const ALWAYS: usize = 8;

/// As many workers as were asked for, or as this machine has room for; the answers are the same for any number.
///
/// A worker takes its dataflow, its buffers and a channel to each other one before the first record comes: 256 of them
/// took 4 GB. Bounded by the cores, all workers together take less than the records of an ordinary month.
pub fn room_for(asked: u16) -> u16 {
    bounded(asked, cores())
}

/// As [`room_for`], and says on stderr if they are fewer.
pub fn granted(asked: u16) -> usize {
    let granted = room_for(asked);
    if granted < asked {
        let cores = cores();
        tell(&format!(
            "{asked} workers were asked for and {granted} work: {PER_CORE} for each of {cores} cores, and {ALWAYS} anywhere"
        ));
    }
    usize::from(granted)
}

fn cores() -> usize {
    available_parallelism().map_or(1, std::num::NonZero::get)
}

fn bounded(asked: u16, cores: usize) -> u16 {
    let room = cores.saturating_mul(PER_CORE).max(ALWAYS);
    asked.min(u16::try_from(room).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_bounded_by_the_cores() {
        assert_eq!(
            [(1, 64), (8, 1), (256, 1), (256, 2), (256, 16), (33, 8)]
                .map(|(asked, cores)| bounded(asked, cores)),
            [1, 8, 8, 8, 64, 32]
        );
    }
}
