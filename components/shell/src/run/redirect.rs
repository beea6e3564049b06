//! Redirections: what the numbers of files stand for.

use super::{Fd, Shell};
use crate::Stop;
use crate::io::{In, Out};
use crate::syntax::{Form, Redirection, Word};
use crate::vfs::Open;

impl Shell {
    pub(super) async fn redirect(&mut self, redirections: &[Redirection]) -> Result<(), Stop> {
        for redirection in redirections {
            let fd = redirection.fd.map(|fd| fd as usize);
            match &redirection.form {
                Form::Read(word) => {
                    let path = self.one_path(word).await?;
                    let input = self.open_input(&path)?;
                    self.set_fd(fd.unwrap_or(0), Some(input));
                }
                Form::Write(word) => {
                    let path = self.one_path(word).await?;
                    let out = self.open_output(&path, false)?;
                    self.set_fd(fd.unwrap_or(1), Some(out));
                }
                Form::Append(word) => {
                    let path = self.one_path(word).await?;
                    let out = self.open_output(&path, true)?;
                    self.set_fd(fd.unwrap_or(1), Some(out));
                }
                Form::ReadWrite(word) => {
                    let path = self.one_path(word).await?;
                    let input = self.open_input(&path)?;
                    self.set_fd(fd.unwrap_or(0), Some(input));
                }
                Form::Both(word, append) => {
                    let path = self.one_path(word).await?;
                    let out = self.open_output(&path, *append)?;
                    self.set_fd(1, Some(out.clone()));
                    self.set_fd(2, Some(out));
                }
                Form::Duplicate(word, output) => self.duplicate(fd, word, *output).await?,
                Form::HereString(word) => {
                    let text = self.one(word).await? + "\n";
                    self.set_fd(fd.unwrap_or(0), Some(Fd::In(In::bytes(text))));
                }
                Form::HereDocument(slot) => {
                    let word = slot.borrow().clone();
                    let text = self.one(&word).await?;
                    self.set_fd(fd.unwrap_or(0), Some(Fd::In(In::bytes(text))));
                }
            }
        }
        Ok(())
    }

    async fn one_path(&mut self, word: &Word) -> Result<String, Stop> {
        let mut fields = self.fields(std::slice::from_ref(word)).await?;
        match (fields.pop(), fields.is_empty()) {
            (Some(path), true) => Ok(path),
            _ => Err(Stop::Error(1, "the file of a redirection is not one word".to_owned())),
        }
    }

    fn open_input(&self, path: &str) -> Result<Fd, Stop> {
        match path {
            "/dev/stdin" => Ok(Fd::In(self.stdin())),
            _ => {
                let opened = self.common.files.open(&self.path(path), Open::Read);
                let handle = opened.map_err(|error| Stop::Error(1, format!("{path}: {error}")))?;
                Ok(Fd::In(In::file(&self.common.files, handle)))
            }
        }
    }

    fn open_output(&self, path: &str, append: bool) -> Result<Fd, Stop> {
        match path {
            "/dev/stdout" => Ok(Fd::Out(self.stdout())),
            "/dev/stderr" => Ok(Fd::Out(self.stderr())),
            _ => {
                let place = self.path(path);
                if self.options.no_clobber && !append && self.common.files.stat(&place, true).is_ok_and(|s| !s.folder) {
                    return Err(Stop::Error(1, format!("{path}: cannot overwrite existing file")));
                }
                let how = if append { Open::Keep } else { Open::Truncate };
                let handle =
                    self.common.files.open(&place, how).map_err(|error| Stop::Error(1, format!("{path}: {error}")))?;
                Ok(Fd::Out(Out::file(&self.common.files, handle, append)))
            }
        }
    }

    async fn duplicate(&mut self, fd: Option<usize>, word: &Word, output: bool) -> Result<(), Stop> {
        let target = self.one(word).await?;
        let fd_or = fd.unwrap_or(usize::from(output));
        if target == "-" {
            self.set_fd(fd_or, None);
            return Ok(());
        }
        match target.parse::<usize>() {
            Ok(number) => match self.fds.get(number) {
                Some(Some(open)) => {
                    let open = open.clone();
                    self.set_fd(fd_or, Some(open));
                    Ok(())
                }
                _ => Err(Stop::Error(1, format!("{number}: Bad file descriptor"))),
            },
            // `>&file` is `&>file`.
            Err(_) if output && fd.is_none() => {
                let out = self.open_output(&target, false)?;
                self.set_fd(1, Some(out.clone()));
                self.set_fd(2, Some(out));
                Ok(())
            }
            Err(_) => Err(Stop::Error(1, format!("{target}: Bad file descriptor"))),
        }
    }
}
