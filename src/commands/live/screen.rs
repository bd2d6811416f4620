//! The screen and its thread, which draws when something has changed and listens to the keys and to the terminal's signals.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustix::process::{Signal as ProcessSignal, getpid, kill_process};
use tokio::runtime::{Builder, Runtime};

use super::drawing::{Look, Signs, draw};
use super::job::{Signals, stop};
use super::keys::{Key, Keyboard};
use super::model::{Course, Model};
use super::shared::Shared;
use super::{held, terminal};
use crate::commands::publish::is_ascii;
use crate::load::Progress;
use crate::result::Summary;
use crate::time::{Clock, MonotonicClock};

/// How long the end of a command waits for a terminal that takes nothing.
const LEAVING: Duration = Duration::from_secs(1);

/// The screen of a command. It is gone when this is dropped, and what was told meanwhile is printed then.
pub(in crate::commands) struct LiveScreen {
    shared: Arc<Shared>,
    /// Told, or closed, when the terminal is what it was.
    left: mpsc::Receiver<()>,
}

impl LiveScreen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When it does not let itself be taken, or the system has no thread to spare.
    pub(in crate::commands) fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (taken, is_taken) = mpsc::channel();
        let (leaving, left) = mpsc::channel();
        let of_thread = Arc::clone(&shared);
        terminal::allow();
        thread::Builder::new().name("screen".to_owned()).spawn(move || {
            let mut listening = Listening::begin();
            let drawn = match &mut listening {
                Ok(listening) => listening.draw_until_over(&of_thread, &taken),
                Err(error) => Err(io::Error::from(error.kind())),
            };
            terminal::leave();
            // A refusal after the first picture is no matter: there is a report all the same.
            let _ = taken.send(drawn);
            let _ = leaving.send(());
            if let Ok(listening) = listening {
                listening.stop_when_asked();
            }
        })?;
        // A thread that is gone has said why.
        is_taken.recv().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))?;
        held::begin(Arc::clone(&shared));
        Ok(Self { shared, left })
    }

    /// A run begins, at `origin_ns` on the monotonic clock.
    pub(in crate::commands) fn begin(&self, course: Course, origin_ns: u64) {
        self.shared.change(|model| model.begin(course, origin_ns));
    }

    /// About a second of it has passed.
    pub(in crate::commands) fn second(&self, progress: &Progress) {
        self.shared.change(|model| model.second(MonotonicClock.now_ns(), progress));
    }

    /// It is interrupted.
    pub(in crate::commands) fn stop(&self) {
        self.shared.change(|model| model.stop(MonotonicClock.now_ns()));
    }

    /// It is over.
    pub(in crate::commands) fn end(&self, summary: &Summary) {
        self.shared.change(|model| model.end(summary));
    }
}

impl Drop for LiveScreen {
    fn drop(&mut self) {
        self.shared.end();
        // A thread that panicked has put the terminal back before; one that hangs has a terminal that nobody reads.
        let _ = self.left.recv_timeout(LEAVING);
        held::end();
    }
}

/// The thread of the screen, which hears the signals of the terminal.
struct Listening {
    runtime: Runtime,
    signals: Signals,
}

impl Listening {
    fn begin() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let signals = {
            let _entered = runtime.enter();
            Signals::listen()?
        };
        Ok(Self { runtime, signals })
    }

    fn draw_until_over(&mut self, shared: &Shared, taken: &mpsc::Sender<io::Result<()>>) -> io::Result<()> {
        let signals = &mut self.signals;
        self.runtime.block_on(async {
            let mut screen = Screen::new(shared)?;
            let mut keyboard = Keyboard::open();
            screen.enter()?;
            let _ = taken.send(Ok(()));
            loop {
                screen.show()?;
                tokio::select! {
                    () = shared.changed() => {}
                    keys = keyboard.next(), if screen.place == Place::Terminal => {
                        keys.into_iter().for_each(|key| screen.press(key));
                    }
                    _ = signals.resized.recv() => screen.is_stale = true,
                    _ = signals.stopped.recv() => screen.suspend(),
                    _ = signals.continued.recv() => screen.come_back()?,
                }
                if shared.is_over() {
                    return Ok(());
                }
            }
        })
    }

    /// The screen is gone, and the system still leaves Ctrl-Z to this process, for as long as it lasts. Where another screen is
    /// up by now, that one sees to it.
    fn stop_when_asked(mut self) {
        self.runtime.block_on(async {
            while self.signals.stopped.recv().await.is_some() {
                if !terminal::is_up() {
                    stop();
                }
            }
        });
    }
}

/// Where the screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On the terminal.
    Terminal,
    /// Nowhere: the process stops, and says when it goes on.
    Stopped,
    /// Nowhere: another job has the terminal.
    Background,
}

/// Bytes on their way to the terminal.
#[derive(Debug, Clone, Default)]
struct Picture(Rc<RefCell<Vec<u8>>>);

impl Write for Picture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Screen<'a> {
    shared: &'a Shared,
    look: Look,
    place: Place,
    /// What is on the terminal, in cells; its size is that of the terminal when it was last asked.
    drawn: Terminal<CrosstermBackend<Picture>>,
    picture: Picture,
    size: (u16, u16),
    /// Whether what is on the terminal is not known, so that all of it is drawn anew.
    is_stale: bool,
    /// What was known when the drawing was paused.
    paused: Option<Model>,
    has_stopped: bool,
}

impl<'a> Screen<'a> {
    fn new(shared: &'a Shared) -> io::Result<Self> {
        let signs = if is_ascii() { &Signs::ASCII } else { &Signs::UNICODE };
        let (picture, size) = (Picture::default(), terminal::size());
        Ok(Self {
            shared,
            look: Look { signs, is_paused: false, has_help: false },
            place: Place::Terminal,
            drawn: empty(&picture, size)?,
            picture,
            size,
            is_stale: false,
            paused: None,
            has_stopped: false,
        })
    }

    fn enter(&mut self) -> io::Result<()> {
        self.is_stale = true;
        self.place = Place::Terminal;
        terminal::enter().map(|_| ())
    }

    /// Draws what has changed.
    fn show(&mut self) -> io::Result<()> {
        match self.place {
            Place::Stopped => return Ok(()),
            Place::Background if terminal::is_foreground() => self.enter()?,
            Place::Background => return Ok(()),
            Place::Terminal if terminal::is_foreground() => {}
            Place::Terminal => {
                terminal::step_back();
                self.place = Place::Background;
                return Ok(());
            }
        }
        let size = terminal::size();
        if self.is_stale || size != self.size {
            self.drawn = empty(&self.picture, size)?;
            (self.size, self.is_stale) = (size, false);
            ratatui::crossterm::queue!(
                self.picture,
                ratatui::crossterm::terminal::Clear(ratatui::crossterm::terminal::ClearType::All)
            )?;
        }
        let known = self.shared.model();
        let model = self.paused.as_ref().unwrap_or(&known);
        let look = self.look;
        self.drawn.draw(|frame| draw(model, look, frame.area(), frame.buffer_mut()))?;
        // The command must not wait for a terminal.
        drop(known);
        terminal::draw(&self.picture.0.take())
    }

    fn press(&mut self, key: Key) {
        match key {
            // As if Ctrl-C had been pressed, but a key that repeats itself must not throw the report away.
            Key::Stop if !self.has_stopped => {
                self.has_stopped = true;
                let _ = kill_process(getpid(), ProcessSignal::INT);
            }
            Key::Pause => {
                self.look.is_paused = !self.look.is_paused;
                let model = || self.shared.model().clone();
                self.paused = self.look.is_paused.then(model);
            }
            Key::Help => self.look.has_help = !self.look.has_help,
            Key::Stop | Key::Other => self.look.has_help = false,
        }
    }

    /// Ctrl-Z: gives the terminal back, then stops as the system would have done.
    fn suspend(&mut self) {
        if !terminal::can_be_continued() {
            return;
        }
        terminal::step_back();
        self.place = Place::Stopped;
        stop();
    }

    /// The shell has made the process go on, in the foreground or in the background. Whatever stopped it, the shell has
    /// used the terminal meanwhile.
    fn come_back(&mut self) -> io::Result<()> {
        if terminal::is_foreground() {
            return self.enter();
        }
        self.place = Place::Background;
        Ok(())
    }
}

/// Cells that nothing is drawn in.
fn empty(picture: &Picture, (width, height): (u16, u16)) -> io::Result<Terminal<CrosstermBackend<Picture>>> {
    let viewport = Viewport::Fixed(Rect { x: 0, y: 0, width, height });
    Terminal::with_options(CrosstermBackend::new(picture.clone()), TerminalOptions { viewport })
}
