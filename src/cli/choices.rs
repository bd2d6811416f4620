//! Words for choices that other rooms define: they need not know clap, and the command line no second enum.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::ladder::Order;
use crate::request::DataOrder;
use crate::schedule::Arrivals;
use crate::transport::Timestamps;

macro_rules! choices {
    ($choice:ty { $($variant:ident: $word:literal, $help:literal;)+ }) => {
        impl ValueEnum for $choice {
            fn value_variants<'a>() -> &'a [Self] {
                &[$(Self::$variant),+]
            }

            fn to_possible_value(&self) -> Option<PossibleValue> {
                Some(match self {
                    $(Self::$variant => PossibleValue::new($word).help($help),)+
                })
            }
        }
    };
}

choices!(Arrivals {
    Constant: "constant", "Evenly spaced";
    Poisson: "poisson", "Exponential gaps, as independent users come";
});

choices!(Timestamps {
    Auto: "auto", "When the kernel received it where the kernel tells (Linux, TCP), else when it was read";
    Kernel: "kernel", "When the kernel received it; refused where it does not tell";
    User: "user", "When this program read it: a late client makes the service look slow";
});

choices!(DataOrder {
    Rotate: "rotate", "From the first to the last, and again";
    Random: "random", "Any, drawn with --seed";
});

choices!(Order {
    Up: "up", "From the lowest to the highest";
    Down: "down", "From the highest to the lowest";
    UpDown: "updown", "Up, and down again";
    Random: "random", "Any, drawn with --seed";
});
