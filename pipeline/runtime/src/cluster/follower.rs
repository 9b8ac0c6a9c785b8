//! A follower: workers of the leader's dataflow in a process of their own.

use std::collections::HashMap;
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use detectors::compiled_bank::CompiledBank;
use detectors::detector::SPECS;
use detectors::rule_set::RuleSet;
use detectors::worker::{TickIn, TickOut, run};
use records::arena::{ArenaWriter, TextRef};
use records::ledger::FactChange;
use timely::WorkerConfig;
use timely::worker::Worker;

use super::admission::check;
use super::handshake::{self, HandshakeError, Hello, Purpose, Refusal};
use super::leader::{HEARTBEAT, SILENCE, Tell, broken, spawn};
use super::message::{self, BankMessage, Files, Message, TickMessage};
use super::network::Network;
use super::status::Status;
use super::{Generation, Member};
use crate::Error;

/// How long until an address that did not answer is tried again.
const RETRY: Duration = Duration::from_millis(200);

/// How long an address may take to answer.
const CONNECT: Duration = Duration::from_secs(3);

/// How long it may take until all have connected with each other.
const MEETING: Duration = Duration::from_secs(60);

/// How long workers may take to end when all is done.
const LEAVE: Duration = Duration::from_secs(5);

/// Joins the leader, once it answers, and works for it until it says that all is done. `goes_on` is asked while nobody
/// answers; `tell` hears why nobody does.
///
/// # Errors
/// The leader does not take this process, or a process of the cluster has ended.
pub fn follow(
    member: &Member,
    status: &Status,
    tell: &Tell,
    goes_on: &dyn Fn() -> bool,
) -> Result<(), Error> {
    // Those of greater numbers connect to this one.
    let last = member.process + 1 == member.hosts.count();
    let listener = if last { None } else { member.hosts.listen(member.process, goes_on)? };
    let Some((control, generation)) = join(member, tell, goes_on)? else { return Ok(()) };
    let control = Control(Arc::new(Mutex::new(control)));
    let leader = member.hosts.describe(0);
    tell(format!("cluster: joined {leader} in generation {}", generation.number));
    let ended = take_part(member, status, &control, listener, generation);
    match ended {
        Ok(()) => Ok(()),
        // What was noticed first is why.
        Err(error) => {
            let error = status.failure().unwrap_or(error);
            // The leader may be gone.
            let _ = control.say(&Message::Failed(error.to_string()));
            Err(error)
        }
    }
}

/// What a follower says: one message after the other, whoever says it.
#[derive(Clone)]
struct Control(Arc<Mutex<TcpStream>>);

impl Control {
    fn lock(&self) -> MutexGuard<'_, TcpStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, message: &Message) -> std::io::Result<()> {
        message::say(&mut *self.lock(), message)
    }
}

/// Connects to the leader, again and again until it answers.
fn join(
    member: &Member,
    tell: &Tell,
    goes_on: &dyn Fn() -> bool,
) -> Result<Option<(TcpStream, Generation)>, Error> {
    let hello = Hello::of(member, Purpose::Control, None)?;
    let mut said = String::new();
    while goes_on() {
        let why = match connect(member, 0, &hello) {
            Ok(joined) => return Ok(Some(joined)),
            Err(HandshakeError::Connection(error)) => error.to_string(),
            Err(HandshakeError::Refused(Refusal { why, passes: true })) => why,
            Err(HandshakeError::Own(error)) => return Err(error),
            Err(error) => {
                let leader = member.hosts.describe(0);
                return Err(Error::Arguments(format!("{leader} does not take this process: {error}")));
            }
        };
        if why != said {
            tell(format!("cluster: waits for {}: {why}", member.hosts.describe(0)));
            said = why;
        }
        std::thread::sleep(RETRY);
    }
    Ok(None)
}

/// Connects to a process and is let in.
fn connect(
    member: &Member,
    process: usize,
    hello: &Hello,
) -> Result<(TcpStream, Generation), HandshakeError> {
    let mut failed = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in member.hosts.resolve(process)? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(mut stream) => {
                let generation = handshake::join(&mut stream, &member.secret, hello)?;
                return Ok((stream, generation));
            }
            Err(error) => failed = error,
        }
    }
    Err(failed.into())
}

/// Connects with the other followers, starts the workers and lets them work.
fn take_part(
    member: &Member,
    status: &Status,
    control: &Control,
    listener: Option<TcpListener>,
    generation: Generation,
) -> Result<(), Error> {
    let leader = member.hosts.describe(0);
    let failed = |error: std::io::Error| Error::Cluster(error.to_string());
    let reading = control.lock().try_clone().map_err(failed)?;
    status.watch(&reading).map_err(failed)?;
    reading.set_read_timeout(Some(SILENCE)).map_err(failed)?;
    let mut reader = BufReader::new(reading);
    let Message::Meet = next(&mut reader, &leader)?.0 else { return Err(unexpected(&leader)) };
    let network = Network::new(member, meet(member, generation, listener)?, status);
    let (Message::Start { banks, first }, words) = next(&mut reader, &leader)? else {
        return Err(unexpected(&leader));
    };
    // The same memory and the same dataflow as the leader's.
    let mut arena = ArenaWriter::default();
    arena.append(&words)?;
    let load = |files: &Files| rulebank::load_files(files, SPECS).map_err(Error::bank);
    let banks = banks.iter().map(load).collect::<Result<Vec<_>, Error>>()?;
    let rule_set = RuleSet::of(&banks.iter().collect::<Vec<_>>());
    let bank = compile(&first, &rule_set)?;
    let workers = Workers::start(member, network, &arena, &bank, status)?;
    let answers = control.clone();
    let Workers { ticks, answered, ended } = workers;
    let of = status.clone();
    spawn("cluster answers", move || say_answers(&answers, &answered, &of))?;
    // Ticks, until all is done.
    loop {
        match next(&mut reader, &leader)? {
            (Message::Tick(tick), words) => {
                arena.append(&words)?;
                let tick = tick_of(tick, &rule_set)?;
                // A worker that is gone has said why.
                ticks.iter().for_each(|worker| drop(worker.send(tick.clone())));
            }
            (Message::End, _) => break,
            _ => return Err(unexpected(&leader)),
        }
    }
    status.end();
    drop(ticks);
    let begun = Instant::now();
    while !ended.is_finished() && begun.elapsed() < LEAVE {
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn unexpected(leader: &str) -> Error {
    Error::Cluster(format!("{leader} says what does not belong there"))
}

/// What the leader says next, but for signs of life.
fn next(reader: &mut BufReader<TcpStream>, leader: &str) -> Result<(Message, Vec<u8>), Error> {
    loop {
        match message::read(reader) {
            Ok(Some((Message::Alive, _))) => {}
            Ok(Some(said)) => return Ok(said),
            Ok(None) => return Err(Error::Cluster(format!("{leader} has ended"))),
            Err(error) => return Err(Error::Cluster(broken(leader, &error))),
        }
    }
}

/// Data connections with all others: those of smaller numbers are asked, those of greater ones ask.
fn meet(
    member: &Member,
    generation: Generation,
    listener: Option<TcpListener>,
) -> Result<Vec<Option<TcpStream>>, Error> {
    let begun = Instant::now();
    let mut connections: Vec<Option<TcpStream>> = (0..member.hosts.count()).map(|_| None).collect();
    let hello = Hello::of(member, Purpose::Data, Some(generation))?;
    for (process, place) in connections.iter_mut().enumerate().take(member.process) {
        let peer = member.hosts.describe(process);
        let connection = loop {
            match connect(member, process, &hello) {
                Ok((connection, _)) => break connection,
                Err(HandshakeError::Connection(_)) if begun.elapsed() < MEETING => std::thread::sleep(RETRY),
                Err(error) => return Err(Error::Cluster(format!("no data connection with {peer}: {error}"))),
            }
        };
        *place = Some(connection);
    }
    let Some(listener) = listener else { return Ok(connections) };
    let failed = |error: std::io::Error| Error::Cluster(error.to_string());
    listener.set_nonblocking(true).map_err(failed)?;
    while connections.iter().skip(member.process + 1).any(Option::is_none) {
        let Ok((mut stream, _)) = listener.accept() else {
            if begun.elapsed() > MEETING {
                return Err(Error::Cluster("not all processes of greater numbers have connected".to_owned()));
            }
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        stream.set_nonblocking(false).map_err(failed)?;
        let decide = |hello: &Hello| {
            check(member, generation, hello)?;
            match hello.purpose == Purpose::Data && hello.process > member.process {
                true => Ok(()),
                false => Err(Refusal::new("only data connections of greater numbers are taken here")),
            }
        };
        // Whoever was not let in was told why.
        if let Ok(hello) = handshake::answer(&mut stream, &member.secret, generation, decide) {
            connections[hello.process] = Some(stream);
        }
    }
    Ok(connections)
}

/// Compiles a bank with the texts where they stand in the leader's memory.
fn compile(message: &BankMessage, rule_set: &RuleSet) -> Result<Arc<CompiledBank>, Error> {
    let bank = rulebank::load_files(&message.files, SPECS).map_err(Error::bank)?;
    let texts: HashMap<&str, TextRef> = message.texts.iter().map(|(text, at)| (text.as_str(), *at)).collect();
    let mut missing = None;
    let compiled = CompiledBank::compile_in(&bank, rule_set, &mut |text| match texts.get(text) {
        Some(at) => *at,
        None if text.is_empty() => TextRef::NONE,
        None => {
            missing.get_or_insert_with(|| text.to_owned());
            TextRef::NONE
        }
    });
    match (compiled, missing) {
        (Some(compiled), None) => Ok(Arc::new(compiled)),
        (_, Some(text)) => Err(Error::Cluster(format!("the leader's bank has no place for {text:?}"))),
        (None, None) => {
            Err(Error::Cluster("the leader's bank has rules that it did not start with".to_owned()))
        }
    }
}

fn tick_of(tick: TickMessage, rule_set: &RuleSet) -> Result<TickIn, Error> {
    let TickMessage { tick, now, profiles, carried, bank, facts } = tick;
    let bank = bank.map(|bank| compile(&bank, rule_set)).transpose()?;
    // Workers do not ask for causes: these are the view's affair.
    let fact = |(row, diff)| FactChange { row, diff, cause: row };
    let (facts, carried) = (Arc::new(facts.into_iter().map(fact).collect()), carried.map(Arc::new));
    Ok(TickIn { tick, facts, now, carried, bank, profiles })
}

/// The workers of this process.
struct Workers {
    /// By worker, as all of the following. They are read as fast as the leader lets ticks go.
    ticks: Vec<Sender<TickIn>>,
    answered: Receiver<(usize, TickOut)>,
    ended: JoinHandle<()>,
}

impl Workers {
    fn start(
        member: &Member,
        network: Network,
        arena: &ArenaWriter,
        bank: &Arc<CompiledBank>,
        status: &Status,
    ) -> Result<Workers, Error> {
        let (ticks, received): (Vec<_>, Vec<_>) = (0..member.workers).map(|_| channel::<TickIn>()).unzip();
        let (answer, answered) = channel();
        let ends: Vec<_> =
            received.into_iter().map(|ticks| Mutex::new(Some((ticks, answer.clone())))).collect();
        drop(answer);
        let (arena, bank, status) = (Arc::clone(arena.arena()), Arc::clone(bank), status.clone());
        let workers = member.workers;
        let body = move || {
            let failing = status.clone();
            let work = move |worker: &mut Worker| {
                let _watched = status.watch_worker();
                let own = worker.index() % workers;
                let end = ends[own].lock().unwrap_or_else(PoisonError::into_inner).take();
                let Some((ticks, answer)) = end else { return };
                run(worker, &arena, &bank, || ticks.recv().ok(), |out| answer.send((own, out)).is_ok());
            };
            let guards = network.open().and_then(|(allocators, threads)| {
                timely::execute::execute_from(allocators, threads, WorkerConfig::default(), work)
            });
            match guards {
                Ok(guards) => drop(guards.join()),
                Err(why) => failing.fail(format!("the workers cannot be started: {why}")),
            }
        };
        let ended = std::thread::Builder::new().name("workers".to_owned()).spawn(body);
        let ended = ended.map_err(|error| Error::Cluster(format!("cannot start the workers: {error}")))?;
        Ok(Workers { ticks, answered, ended })
    }
}

/// Says what the workers answer, and a sign of life where there is nothing.
fn say_answers(control: &Control, answered: &Receiver<(usize, TickOut)>, status: &Status) {
    loop {
        let message = match answered.recv_timeout(HEARTBEAT) {
            Ok((worker, answer)) => Message::Answer(worker, answer),
            Err(RecvTimeoutError::Timeout) => Message::Alive,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if let Err(error) = control.say(&message) {
            status.fail(format!("the leader cannot be reached: {error}"));
            return;
        }
    }
}
