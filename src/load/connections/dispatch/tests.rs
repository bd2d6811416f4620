//! The dispatcher's decisions, one by one and in any order.

use proptest::prelude::*;

use super::*;
use crate::request::Route;
use crate::schedule::{Phase, Slot};

fn ticket(index: u64) -> Ticket {
    Ticket::new(Slot { index, phase: Phase::Measured, intended_ns: index }, index, Route::default(), index)
}

fn with_limits(cap: u64, queue: u64) -> Dispatcher {
    Dispatcher::new(Limits { cap, queue }, [PoolLimits { connections: u64::MAX, streams: 1 }])
}

/// An arrival on a stream has ended, and the stream is idle.
fn ended(dispatcher: &mut Dispatcher, stream: StreamId) {
    dispatcher.ended();
    dispatcher.idle(0, stream);
}

fn index(decision: Decision) -> u64 {
    match decision {
        Decision::Reuse(_, ticket) | Decision::Connect(ticket) | Decision::Overflow(ticket) => {
            ticket.slot.index
        }
        Decision::Wait => panic!("it waits"),
    }
}

#[test]
fn the_connection_used_last_is_used_next() {
    let mut dispatcher = with_limits(10, 0);
    for i in 0..3 {
        assert!(matches!(dispatcher.arrive(ticket(i), || true), Decision::Connect(_)));
    }
    for stream in [0, 2, 1] {
        ended(&mut dispatcher, stream);
    }
    assert!(matches!(dispatcher.arrive(ticket(3), || true), Decision::Reuse(1, _)));
    dispatcher.forget_idle(0, 2);
    assert!(matches!(dispatcher.arrive(ticket(4), || true), Decision::Reuse(0, _)));
    assert!(matches!(dispatcher.arrive(ticket(5), || true), Decision::Connect(_)));
}

#[test]
fn beyond_the_cap_arrivals_wait_in_order_and_then_overflow() {
    let mut dispatcher = with_limits(1, 2);
    assert!(matches!(dispatcher.arrive(ticket(0), || true), Decision::Connect(_)));
    assert_eq!(dispatcher.arrive(ticket(1), || true), Decision::Wait);
    assert_eq!(dispatcher.arrive(ticket(2), || true), Decision::Wait);
    assert_eq!(dispatcher.arrive(ticket(3), || true), Decision::Overflow(ticket(3)));
    assert_eq!(dispatcher.next(10, || true), None, "the cap is full");
    ended(&mut dispatcher, 0);
    let Some(Decision::Reuse(0, sent)) = dispatcher.next(10, || true) else {
        panic!("the first waits no longer")
    };
    assert_eq!((sent.slot.index, sent.due_ns, sent.admitted_ns, sent.ready_ns), (1, 1, Some(10), Some(10)));
    // The newcomer does not overtake the one that waits.
    ended(&mut dispatcher, 0);
    assert_eq!(dispatcher.arrive(ticket(4), || true), Decision::Wait);
    assert_eq!(dispatcher.next(20, || true).map(index), Some(2));
}

#[test]
fn without_a_permit_an_arrival_takes_what_comes_first() {
    let mut dispatcher = with_limits(10, 0);
    assert!(matches!(dispatcher.arrive(ticket(0), || true), Decision::Connect(_)));
    assert_eq!(dispatcher.arrive(ticket(1), || false), Decision::Wait);
    assert_eq!(dispatcher.arrive(ticket(2), || false), Decision::Wait);
    assert!(dispatcher.wants_permit());
    ended(&mut dispatcher, 0);
    assert_eq!(dispatcher.next(5, || false).map(index), Some(1), "an idle connection");
    assert_eq!(dispatcher.next(6, || true).map(index), Some(2), "the permit");
    assert_eq!(dispatcher.next(7, || true), None);
    assert_eq!((dispatcher.in_flight(), dispatcher.in_flight_peak()), (2, 3));
}

/// Many requests share a connection: while it opens, those it will have room for wait for it, and it is the
/// connection they wait for; beyond that they wait for room.
#[test]
fn arrivals_share_a_connection_and_its_opening() {
    let pool = PoolLimits { connections: 1, streams: 3 };
    let mut dispatcher = Dispatcher::new(Limits { cap: 10, queue: 0 }, [pool]);
    assert!(matches!(dispatcher.arrive(ticket(0), || true), Decision::Connect(_)));
    for i in 1..5 {
        assert_eq!(dispatcher.arrive(ticket(i), || true), Decision::Wait);
    }
    assert_eq!((dispatcher.in_flight(), dispatcher.wants_permit()), (5, false));
    dispatcher.attempted(0, true);
    dispatcher.idle(0, 1);
    dispatcher.idle(0, 2);
    let mut waits = Vec::new();
    while let Some(Decision::Reuse(stream, ticket)) = dispatcher.next(100, || true) {
        waits.push((ticket.slot.index, ticket.admitted_ns, ticket.ready_ns));
        if stream == 1 {
            ended(&mut dispatcher, 0);
        }
    }
    assert_eq!(waits, [(1, Some(1), Some(100)), (2, Some(2), Some(100)), (3, Some(100), Some(100))]);
    // The connection takes no more requests: the one that still waits may have another.
    dispatcher.retire(0);
    assert!(dispatcher.wants_permit());
    assert!(
        matches!(dispatcher.next(200, || true), Some(Decision::Connect(t)) if t.admitted_ns == Some(200))
    );
}

#[test]
fn a_connection_that_could_not_be_opened_leaves_its_place() {
    let pool = PoolLimits { connections: 1, streams: 2 };
    let mut dispatcher = Dispatcher::new(Limits { cap: 10, queue: 0 }, [pool]);
    assert!(matches!(dispatcher.arrive(ticket(0), || true), Decision::Connect(_)));
    assert_eq!(dispatcher.arrive(ticket(1), || true), Decision::Wait);
    dispatcher.attempted(0, false);
    dispatcher.ended();
    assert!(matches!(dispatcher.next(5, || true), Some(Decision::Connect(t)) if t.slot.index == 1));
}

/// Its connection is gone and another has taken its place, full of others: the wait is for room, not for a connection.
/// Where it need only wait for a connection to open, or for nothing, it was admitted when it was.
#[test]
fn an_arrival_that_is_sent_again_waits_for_room_like_any_other() {
    let pool = PoolLimits { connections: 1, streams: 2 };
    let sent_before = |opening: bool, idle: bool| {
        let mut dispatcher = Dispatcher::new(Limits { cap: 10, queue: 0 }, [pool]);
        let Decision::Connect(first) = dispatcher.arrive(ticket(0), || true) else { panic!("it connects") };
        dispatcher.attempted(0, true);
        dispatcher.retire(0);
        assert!(matches!(dispatcher.arrive(ticket(1), || true), Decision::Connect(_)), "in its place");
        if !opening {
            dispatcher.attempted(0, true);
        }
        if idle {
            dispatcher.idle(0, 7);
        }
        assert_eq!(dispatcher.again(first, true, || true), Decision::Wait);
        if !idle {
            assert_eq!(dispatcher.next(50, || true), None, "there is no room");
            dispatcher.idle(0, 7);
        }
        let Some(Decision::Reuse(7, again)) = dispatcher.next(100, || true) else {
            panic!("it has a stream")
        };
        (again.slot.index, again.admitted_ns, again.ready_ns)
    };
    assert_eq!(sent_before(false, false), (0, Some(100), Some(100)), "it waits for room");
    assert_eq!(sent_before(true, false), (0, Some(0), Some(100)), "it waits for the connection that opens");
    assert_eq!(sent_before(false, true), (0, Some(0), Some(100)), "it does not wait");
}

#[test]
fn each_origin_has_its_own_lanes() {
    let mut dispatcher =
        Dispatcher::new(Limits { cap: 10, queue: 0 }, [PoolLimits { connections: 1, streams: 1 }; 2]);
    let to = |index, origin| Ticket { route: Route { endpoint: 0, origin }, ..ticket(index) };
    assert!(matches!(dispatcher.arrive(to(0, 0), || true), Decision::Connect(_)));
    ended(&mut dispatcher, 0);
    assert!(matches!(dispatcher.arrive(to(1, 1), || true), Decision::Connect(_)));
    assert!(matches!(dispatcher.arrive(to(2, 0), || true), Decision::Reuse(0, _)));
    assert_eq!(dispatcher.arrive(to(3, 0), || true), Decision::Wait);
    dispatcher.ended();
    dispatcher.idle(1, 1);
    assert_eq!(dispatcher.next(9, || true), None, "a stream to another origin is of no use");
}

proptest! {
    /// Whatever happens in whatever order: the cap holds, and every arrival is somewhere exactly once.
    #[test]
    fn nothing_is_lost_and_the_cap_holds(
        cap in 1_u64..6, queue_limit in 0_u64..6,
        steps in prop::collection::vec((0_u8..3, any::<bool>(), any::<bool>()), 0..200),
    ) {
        let mut dispatcher = with_limits(cap, queue_limit);
        let (mut arrived, mut overflowed, mut started, mut ended) = (0, 0, 0, 0);
        let mut busy: Vec<StreamId> = Vec::new();
        let mut streams = 0;
        let mut carry_out = |decision, busy: &mut Vec<StreamId>, started: &mut u64, overflowed: &mut u64| match decision {
            Decision::Reuse(stream, _) => { assert!(!busy.contains(&stream)); busy.push(stream); *started += 1 }
            Decision::Connect(_) => { busy.push(streams); streams += 1; *started += 1 }
            Decision::Overflow(_) => *overflowed += 1,
            Decision::Wait => {}
        };
        for (step, permit, reusable) in steps {
            match step {
                0 => {
                    let decision = dispatcher.arrive(ticket(arrived), || permit);
                    arrived += 1;
                    carry_out(decision, &mut busy, &mut started, &mut overflowed);
                }
                1 => if let Some(stream) = busy.pop() {
                    ended += 1;
                    dispatcher.ended();
                    if reusable { dispatcher.idle(0, stream) } else { dispatcher.retire(0) }
                },
                _ => while let Some(decision) = dispatcher.next(arrived, || permit) {
                    carry_out(decision, &mut busy, &mut started, &mut overflowed);
                },
            }
            prop_assert!(dispatcher.in_flight() <= cap);
            prop_assert!(dispatcher.queued() <= queue_limit);
            let unconnected = dispatcher.in_flight() - busy.len() as u64;
            prop_assert_eq!(arrived, overflowed + started + unconnected + dispatcher.queued());
            prop_assert_eq!(started, ended + busy.len() as u64);
        }
    }
}
