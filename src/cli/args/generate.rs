//! The flags of `completions` and `man`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  rpsbench completions bash > ~/.local/share/bash-completion/completions/rpsbench
  rpsbench completions zsh > ~/.zfunc/_rpsbench
      in a folder of $fpath: put `fpath=(~/.zfunc $fpath)` before `compinit` in ~/.zshrc
  rpsbench completions fish > ~/.config/fish/completions/rpsbench.fish

The man pages come from `rpsbench man`: read them with `rpsbench man | man -l -`, or install them with \
`rpsbench man --out ~/.local/share/man/man1`.";

/// The flags of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell that reads them
    pub shell: ShellArg,
}

/// `completions SHELL`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShellArg {
    Bash,
    Zsh,
    Fish,
}

/// The flags of `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write the pages to this folder, one file each, instead of stdout
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
