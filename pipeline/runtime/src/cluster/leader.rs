//! The leader: it lets the followers in, sends them ticks, and takes the answers of their workers.

use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use detectors::worker::{TickIn, TickOut};
use records::ledger::Ledger;

use super::admission::{Presence, check, presence};
use super::handshake::{self, HandshakeError, Hello, Purpose, Refusal};
use super::message::{self, BankMessage, Files, Message, TickMessage};
use super::network::Network;
use super::status::Status;
use super::{Generation, Member};
use crate::Error;

/// Ticks that wait for a connection at the most.
const QUEUE: usize = 2;

/// How often somebody who waits looks again.
const LOOK: Duration = Duration::from_millis(10);

/// How long it may take until all have connected with each other.
const MEETING: Duration = Duration::from_secs(60);

/// After so long without a tick it is said that nothing happened.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(1);

/// A process of which nothing is heard for so long is taken for dead.
pub(super) const SILENCE: Duration = Duration::from_secs(10);

/// Strangers that are answered at a time.
const ANSWERED_MAX: usize = 64;

/// Whom it is told that somebody was not let in.
pub type Tell = Arc<dyn Fn(String) + Send + Sync>;

/// Where the followers stand that were let in: by process, the place of the leader stays empty.
struct Seats {
    controls: Vec<Option<TcpStream>>,
    data: Vec<Option<TcpStream>>,
    /// Whether all were there, and a place that becomes free is given to nobody.
    are_sealed: bool,
}

/// Where followers come in, for as long as the leader runs.
struct Door {
    member: Member,
    generation: Generation,
    seats: Mutex<Seats>,
    is_closed: AtomicBool,
    answered: AtomicUsize,
    tell: Tell,
}

impl Door {
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets people in until it is closed.
    fn open(self: &Arc<Self>, listener: &TcpListener) {
        while !self.is_closed.load(Ordering::Acquire) {
            let Ok((stream, address)) = listener.accept() else {
                std::thread::sleep(LOOK);
                continue;
            };
            if self.answered.fetch_add(1, Ordering::AcqRel) >= ANSWERED_MAX {
                self.answered.fetch_sub(1, Ordering::AcqRel);
                continue;
            }
            let door = Arc::clone(self);
            let answer = move || {
                match door.answer(stream) {
                    // Somebody looked whether anybody listens.
                    Ok(()) | Err(HandshakeError::Connection(_)) => {}
                    Err(error) => (door.tell)(format!("cluster: {address} was not let in: {error}")),
                }
                door.answered.fetch_sub(1, Ordering::AcqRel);
            };
            if std::thread::Builder::new().name("cluster door".to_owned()).spawn(answer).is_err() {
                self.answered.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }

    fn answer(&self, mut stream: TcpStream) -> Result<(), HandshakeError> {
        stream.set_nonblocking(false)?;
        let hello =
            handshake::answer(&mut stream, &self.member.secret, self.generation, |hello| self.decide(hello))?;
        let mut seats = self.seats();
        let of = match hello.purpose {
            Purpose::Control => &mut seats.controls,
            Purpose::Data => &mut seats.data,
        };
        // Meanwhile all may have been taken away; then it hears nothing but the end.
        if let Some(seat) = of.get_mut(hello.process) {
            *seat = Some(stream);
        }
        Ok(())
    }

    fn decide(&self, hello: &Hello) -> Result<(), Refusal> {
        check(&self.member, self.generation, hello)?;
        let (seats, process) = (self.seats(), hello.process);
        let is_taken = match hello.purpose {
            Purpose::Control => seats.are_sealed || seats.controls[process].as_ref().is_some_and(is_there),
            Purpose::Data => !seats.are_sealed || seats.data.get(process).is_none_or(Option::is_some),
        };
        match is_taken {
            true => Err(Refusal { why: format!("process {process} is there already"), passes: true }),
            false => Ok(()),
        }
    }
}

/// Says to some followers that nothing has happened, if it was not said for a while.
struct Heartbeat(Instant);

impl Heartbeat {
    fn beat<'c>(&mut self, controls: impl Iterator<Item = &'c mut TcpStream>) {
        if self.0.elapsed() >= HEARTBEAT {
            self.0 = Instant::now();
            for control in controls {
                // Whether it is still there is looked at elsewhere.
                let _ = message::say(control, &Message::Alive);
            }
        }
    }
}

/// The connections of a cluster: for control, of each follower; for data, by process.
type Connections = (Vec<TcpStream>, Vec<Option<TcpStream>>);

impl Door {
    /// Waits until all followers are there, and lets nobody in any more; says whether it was to go on.
    fn wait_for_all(&self, goes_on: &mut impl FnMut(&[usize]) -> bool) -> bool {
        let mut heartbeat = Heartbeat(Instant::now());
        loop {
            let mut seats = self.seats();
            heartbeat.beat(seats.controls.iter_mut().flatten());
            let is_missing = |process: &usize| !seats.controls[*process].as_ref().is_some_and(is_there);
            let missing: Vec<usize> = (1..self.member.hosts.count()).filter(is_missing).collect();
            seats.are_sealed = missing.is_empty();
            drop(seats);
            if missing.is_empty() || !goes_on(&missing) {
                return missing.is_empty();
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Has the followers connect with each other and with the leader; nothing if it is not to go on.
    fn let_them_meet(
        &self,
        goes_on: &mut impl FnMut(&[usize]) -> bool,
    ) -> Result<Option<Connections>, Error> {
        let (member, begun) = (&self.member, Instant::now());
        let mut controls = Vec::with_capacity(member.hosts.count() - 1);
        for process in 1..member.hosts.count() {
            let mut control = self.seats().controls[process].take().ok_or_else(|| gone(member, process))?;
            message::say(&mut control, &Message::Meet).map_err(|_| gone(member, process))?;
            controls.push(control);
        }
        let mut heartbeat = Heartbeat(begun);
        while self.seats().data.iter().skip(1).any(Option::is_none) {
            heartbeat.beat(controls.iter_mut());
            for (process, control) in (1..).zip(&mut controls) {
                match presence(control) {
                    Presence::Silent => {}
                    Presence::Gone => return Err(gone(member, process)),
                    Presence::Speaks => return Err(what_it_says(member, process, control)),
                }
            }
            if begun.elapsed() > MEETING {
                let text =
                    "the processes did not find each other: each has to reach those of smaller numbers";
                return Err(Error::Cluster(text.to_owned()));
            }
            if !goes_on(&[]) {
                return Ok(None);
            }
            std::thread::sleep(LOOK);
        }
        let data = std::mem::take(&mut self.seats().data);
        Ok(Some((controls, data)))
    }
}

/// Closes the door when the leader is done.
struct OpenDoor(Arc<Door>);

impl Drop for OpenDoor {
    fn drop(&mut self) {
        self.0.is_closed.store(true, Ordering::Release);
    }
}

/// A leader with all its followers connected.
pub struct Leader {
    door: OpenDoor,
    status: Status,
    /// By process, from 1 on.
    controls: Vec<TcpStream>,
    network: Network,
}

impl Leader {
    /// Waits until all followers are there and have connected with each other. `goes_on` is asked again and again, and
    /// told who is missing; `None` if it says no.
    ///
    /// # Errors
    /// The address of process 0 cannot be listened on, a follower ended again, they did not find each other.
    pub fn gather(
        member: &Member,
        generation: Generation,
        status: &Status,
        tell: Tell,
        mut goes_on: impl FnMut(&[usize]) -> bool,
    ) -> Result<Option<Leader>, Error> {
        let Some(listener) = member.hosts.listen(member.process, || goes_on(&[]))? else { return Ok(None) };
        listener.set_nonblocking(true).map_err(|error| Error::Cluster(error.to_string()))?;
        let count = member.hosts.count();
        let free = || (0..count).map(|_| None).collect();
        let door = Arc::new(Door {
            member: member.clone(),
            generation,
            seats: Mutex::new(Seats { controls: free(), data: free(), are_sealed: false }),
            is_closed: AtomicBool::new(false),
            answered: AtomicUsize::new(0),
            tell,
        });
        let open = OpenDoor(Arc::clone(&door));
        spawn("cluster door", move || door.open(&listener))?;
        if !open.0.wait_for_all(&mut goes_on) {
            return Ok(None);
        }
        let Some((controls, data)) = open.0.let_them_meet(&mut goes_on)? else { return Ok(None) };
        let network = Network::new(member, data, status);
        Ok(Some(Leader { door: open, status: status.clone(), controls, network }))
    }

    /// How many processes there are.
    pub fn processes(&self) -> usize {
        self.controls.len() + 1
    }

    /// Starts the followers; gives what ticks are sent to, the makings of the workers of this process, and where the
    /// answers of those of the others come, by worker.
    pub(crate) fn start(
        self,
        banks: Vec<Files>,
        first: BankMessage,
        ledger: &Ledger,
    ) -> Result<(Followers, Network, Vec<Receiver<TickOut>>), Error> {
        let Leader { door, status, controls, network } = self;
        let member = &door.0.member;
        let mut words = Vec::new();
        ledger.arena().copy(1..ledger.next_word(), &mut words);
        let start: Arc<[u8]> = message::encode(&Message::Start { banks, first }, &words)?.into();
        let (mut queues, mut answers) = (Vec::new(), Vec::new());
        for (process, control) in (1..).zip(controls) {
            let failed = |error: std::io::Error| Error::Cluster(error.to_string());
            status.watch(&control).map_err(failed)?;
            control.set_read_timeout(Some(SILENCE)).map_err(failed)?;
            let reader = BufReader::new(control.try_clone().map_err(failed)?);
            let (sender, queue) = sync_channel(QUEUE);
            let peer = member.hosts.describe(process);
            let (to, whose) = (status.clone(), peer.clone());
            spawn("cluster send", move || send_all(control, &queue, &to, &whose))?;
            let (send, receive): (Vec<_>, Vec<_>) = (0..member.workers).map(|_| channel()).unzip();
            let of = status.clone();
            spawn("cluster receive", move || take_answers(reader, &send, &of, &peer))?;
            answers.extend(receive);
            // Nobody has sent it anything yet: there is room.
            let _ = sender.send(Arc::clone(&start));
            queues.push(sender);
        }
        let followers = Followers { queues, next_word: ledger.next_word(), status, door };
        Ok((followers, network, answers))
    }
}

fn is_there(stream: &TcpStream) -> bool {
    presence(stream) != Presence::Gone
}

/// Why a follower speaks before it is asked: it cannot go on.
fn what_it_says(member: &Member, process: usize, control: &mut TcpStream) -> Error {
    match message::read(control) {
        Ok(Some((Message::Failed(why), _))) => {
            Error::Cluster(format!("{} cannot go on: {why}", member.hosts.describe(process)))
        }
        _ => gone(member, process),
    }
}

fn gone(member: &Member, process: usize) -> Error {
    Error::Cluster(format!("{} has ended", member.hosts.describe(process)))
}

pub(super) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(body);
    started.map(drop).map_err(|error| Error::Cluster(format!("cannot start the thread {name}: {error}")))
}

/// Sends what is in the queue, and a sign of life where there is nothing; at the end, if all went well, says so.
fn send_all(mut control: TcpStream, queue: &Receiver<Arc<[u8]>>, status: &Status, peer: &str) {
    let sent = loop {
        let sent = match queue.recv_timeout(HEARTBEAT) {
            Ok(bytes) => control.write_all(&bytes),
            Err(RecvTimeoutError::Timeout) => message::say(&mut control, &Message::Alive),
            Err(RecvTimeoutError::Disconnected) if status.is_ending() => {
                break message::say(&mut control, &Message::End);
            }
            Err(RecvTimeoutError::Disconnected) => break Ok(()),
        };
        if sent.is_err() {
            break sent;
        }
    };
    if let Err(error) = sent {
        status.fail(format!("{peer} cannot be reached: {error}"));
    }
    // It may have ended already.
    let _ = control.shutdown(Shutdown::Write);
}

/// Takes the answers of a follower's workers until its connection ends.
fn take_answers(mut control: BufReader<TcpStream>, answers: &[Sender<TickOut>], status: &Status, peer: &str) {
    let why = loop {
        match message::read(&mut control) {
            Ok(Some((Message::Answer(worker, answer), _))) => match answers.get(worker) {
                // Who waits for it may have given up.
                Some(to) => drop(to.send(answer)),
                None => break format!("{peer} answers for a worker that it does not have"),
            },
            Ok(Some((Message::Alive, _))) => {}
            Ok(Some((Message::Failed(why), _))) => break format!("{peer} cannot go on: {why}"),
            Ok(Some(_)) => break format!("{peer} says what only a leader says"),
            Ok(None) => break format!("{peer} has ended"),
            Err(error) => break broken(peer, &error),
        }
    };
    status.fail(why);
}

/// What it means that a control connection broke.
pub(super) fn broken(peer: &str, error: &std::io::Error) -> String {
    use std::io::ErrorKind::{ConnectionReset, TimedOut, UnexpectedEof, WouldBlock};
    match error.kind() {
        WouldBlock | TimedOut => format!("nothing was heard of {peer} for {} seconds", SILENCE.as_secs()),
        ConnectionReset | UnexpectedEof => format!("{peer} has ended"),
        _ => format!("{peer} cannot be understood: {error}"),
    }
}

/// The followers of a running engine.
pub(crate) struct Followers {
    queues: Vec<SyncSender<Arc<[u8]>>>,
    /// The first word of the arena that they do not have.
    next_word: u64,
    status: Status,
    /// Open as long as the cluster runs.
    #[expect(dead_code, reason = "whoever comes late is told why it is not let in")]
    door: OpenDoor,
}

impl Followers {
    /// Whether the cluster goes on.
    pub(crate) fn status(&self) -> &Status {
        &self.status
    }

    /// Tells all that everything is done, unless the cluster cannot go on.
    pub(crate) fn end(self) -> Result<(), Error> {
        match self.status.failure() {
            Some(failure) => Err(failure),
            None => {
                self.status.end();
                Ok(())
            }
        }
    }

    /// Sends a tick to all, with what the arena has grown by; waits while their queues are full. Says whether it could.
    pub(crate) fn send(
        &mut self,
        tick: &TickIn,
        bank: Option<BankMessage>,
        ledger: &Ledger,
    ) -> Result<bool, Error> {
        let mut words = Vec::new();
        ledger.arena().copy(self.next_word..ledger.next_word(), &mut words);
        self.next_word = ledger.next_word();
        let message = Message::Tick(TickMessage {
            tick: tick.tick,
            now: tick.now,
            profiles: tick.profiles,
            carried: tick.carried.as_deref().cloned(),
            bank,
            facts: tick.facts.iter().map(|fact| (fact.row, fact.diff)).collect(),
        });
        let bytes: Arc<[u8]> = message::encode(&message, &words)?.into();
        Ok(self.queues.iter().all(|queue| queue.send(Arc::clone(&bytes)).is_ok()))
    }
}
