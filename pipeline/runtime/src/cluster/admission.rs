//! Whether somebody who knows the secret fits into the cluster, and whether who was let in is still there.

use std::net::TcpStream;

use super::handshake::{Hello, Purpose, Refusal};
use super::{Generation, Member, program};

/// Whether a process fits in, by what it says of itself.
///
/// # Errors
/// Why not.
pub(super) fn check(member: &Member, generation: Generation, hello: &Hello) -> Result<(), Refusal> {
    let (version, count, process) = (env!("CARGO_PKG_VERSION"), member.hosts.count(), hello.process);
    let ours = program().map_err(|error| Refusal::new(error.to_string()))?;
    if hello.version != version || hello.program != ours {
        let text = format!("process {process} runs another program file (version {})", hello.version);
        return Err(Refusal::new(format!(
            "{text}; here runs version {version}: all processes need the same file"
        )));
    }
    if hello.processes != count {
        let text = format!("process {process} has a list of {} hosts", hello.processes);
        return Err(Refusal::new(format!("{text}, here are {count}")));
    }
    if process == member.process || process >= count {
        return Err(Refusal::new(format!("there is no other process {process} among {count}")));
    }
    if hello.workers != member.workers {
        let text = format!("process {process} has {} workers", hello.workers);
        return Err(Refusal::new(format!("{text}, here are {}; all have the same number", member.workers)));
    }
    if let (Some(theirs), Some(ours)) = (&hello.bank, &member.bank)
        && theirs != ours
    {
        let text = format!("process {process} was given the rules of bank {theirs}");
        return Err(Refusal::new(format!("{text}, the leader those of bank {ours}")));
    }
    match hello.generation {
        Some(theirs) if theirs.state != generation.state => {
            Err(Refusal::new(format!("process {process} is of a cluster on another state")))
        }
        Some(theirs) if theirs != generation => {
            let (theirs, ours) = (theirs.number, generation.number);
            Err(Refusal::new(format!(
                "process {process} is of generation {theirs}, here is generation {ours}"
            )))
        }
        None if hello.purpose == Purpose::Data => {
            Err(Refusal::new(format!("process {process} has not joined the leader")))
        }
        _ => Ok(()),
    }
}

/// What is to be seen of the other side of a connection without reading from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is there, as far as is known here, and says nothing.
    Silent,
    /// It has said something.
    Speaks,
    /// It is gone.
    Gone,
}

/// Looks at the other side of a connection.
pub(super) fn presence(stream: &TcpStream) -> Presence {
    let looked = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
    let presence = match looked {
        Ok(0) => Presence::Gone,
        Ok(_) => Presence::Speaks,
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Presence::Silent,
        Err(_) => Presence::Gone,
    };
    if stream.set_nonblocking(false).is_ok() { presence } else { Presence::Gone }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::super::handshake::{self, HandshakeError};
    use super::super::hosts::Hosts;
    use super::super::secret::Secret;
    use super::*;

    /// What both sides of a connection say of a process that says this.
    fn both_sides(generation: Generation, hello: &Hello) -> [Result<(), String>; 2] {
        let hosts = Hosts::parse("127.0.0.1:1,127.0.0.1:2,127.0.0.1:3").unwrap();
        let member = Member { hosts, process: 0, workers: 1, secret: Secret::default(), bank: None };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut connects = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut accepts, _) = listener.accept().unwrap();
        let answering = std::thread::spawn(move || {
            let decide = |hello: &Hello| check(&member, generation, hello);
            handshake::answer(&mut accepts, &member.secret, generation, decide).map(drop)
        });
        let joined = handshake::join(&mut connects, &Secret::default(), hello).map(drop);
        let text = |of: Result<(), HandshakeError>| of.map_err(|error| error.to_string());
        [text(joined), text(answering.join().unwrap())]
    }

    #[test]
    fn a_process_of_another_generation_is_refused() {
        let here = Generation { state: 5, number: 4 };
        let hosts = Hosts::parse("127.0.0.1:1,127.0.0.1:2,127.0.0.1:3").unwrap();
        let member = Member { hosts, process: 2, workers: 1, secret: Secret::default(), bank: None };
        let of = |generation| Hello::of(&member, Purpose::Data, generation).unwrap();
        assert_eq!(both_sides(here, &of(Some(here))), [Ok(()), Ok(())]);
        for (generation, why) in [
            (Some(Generation { number: 3, ..here }), "process 2 is of generation 3, here is generation 4"),
            (Some(Generation { state: 6, ..here }), "process 2 is of a cluster on another state"),
            (None, "process 2 has not joined the leader"),
        ] {
            assert_eq!(both_sides(here, &of(generation)), [Err(why.to_owned()), Err(why.to_owned())]);
        }
        let other_program = Hello { program: 1, ..of(Some(here)) };
        assert!(both_sides(here, &other_program)[0].clone().unwrap_err().contains("another program file"));
    }
}
