//! Folders that appear at once: filled under a temporary name, then renamed. And the lock that keeps two from filling one.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::{TEMPORARY, TEMPORARY_PREFIX, create_new};

/// A folder being filled. Unless it is kept, it goes away with the value.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
    folder: Dir,
}

impl Staging {
    /// Makes an empty one in `parent`, for a folder that will be in there as well.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn new(parent: &Path) -> io::Result<Self> {
        let number = TEMPORARY.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{TEMPORARY_PREFIX}{}-{number}", std::process::id()));
        // A process of the same number was killed here.
        super::remove_directory(&path)?;
        create_new(&path)?;
        let folder = Dir::open_ambient_dir(&path, ambient_authority())?;
        Ok(Self { path, folder })
    }

    /// Writes a file below it and returns its size.
    ///
    /// # Errors
    ///
    /// What the system says; also that the path leads out of the folder, or that the file is there already.
    pub fn write(&self, path: &Path, content: &mut dyn Read) -> io::Result<u64> {
        if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
            self.folder.create_dir_all(above)?;
        }
        let mut options = cap_std::fs::OpenOptions::new();
        let mut file = self.folder.open_with(path, options.write(true).create_new(true))?;
        io::copy(content, &mut file)
    }

    /// Lets a file below it be executed, where files have such a right.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn make_executable(&self, path: &Path) -> io::Result<()> {
        #[cfg(unix)]
        {
            use cap_std::fs::{Permissions, PermissionsExt as _};
            self.folder.set_permissions(path, Permissions::from_mode(0o700))?;
        }
        #[cfg(not(unix))]
        let _ = path;
        Ok(())
    }

    /// Gives it its name, at one moment where the system can: others see the old folder or the new one, and nothing between.
    /// The old folder gets the name `previous`, in place of what had that, or goes where there is none.
    ///
    /// # Errors
    ///
    /// What the system says. The old folder is then as before, or has the name `previous` already.
    pub fn swap(self, name: &Path, previous: Option<&Path>) -> io::Result<()> {
        open_to_all(&self.path)?;
        match fs::symlink_metadata(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return fs::rename(&self.path, name),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        if let Some(previous) = previous {
            super::remove_directory(previous)?;
        }
        exchange(&self.path, name)?;
        // The old folder has the temporary name now, and goes with this value unless it gets another.
        previous.map_or(Ok(()), |previous| fs::rename(&self.path, previous))
    }

    /// Gives it its name. A folder of that name is replaced.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn keep(self, name: &Path) -> io::Result<()> {
        super::remove_directory(name)?;
        // What is left for `drop` is nothing.
        fs::rename(&self.path, name)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What cannot be removed now has a name by which it is known as abandoned.
        drop(fs::remove_dir_all(&self.path));
    }
}

/// Two folders take each other's name.
///
/// # Errors
///
/// What the system says.
pub fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt as _;
        let name = |path: &Path| std::ffi::CString::new(path.as_os_str().as_bytes()).map_err(io::Error::other);
        let (first, second) = (name(one)?, name(other)?);
        let here = libc::AT_FDCWD;
        // SAFETY: both are strings with an end that live through the call, and the system copies them.
        let done = unsafe {
            libc::syscall(libc::SYS_renameat2, here, first.as_ptr(), here, second.as_ptr(), libc::RENAME_EXCHANGE)
        };
        let error = io::Error::last_os_error();
        // Not every file system knows it.
        if done == 0 || !matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS)) {
            return if done == 0 { Ok(()) } else { Err(error) };
        }
    }
    let aside = one.with_extension("aside");
    fs::rename(other, &aside)?;
    fs::rename(one, other).inspect_err(|_| drop(fs::rename(&aside, other)))?;
    fs::rename(&aside, one)
}

/// A folder that others may enter and read: what is published is for all.
fn open_to_all(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// A lock between processes and threads, held while this lives.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

/// Waits for a lock file to be free and takes it. The file stays.
///
/// # Errors
///
/// What the system says, for instance that the file system knows no locks.
pub fn lock(path: &Path) -> io::Result<Lock> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    file.lock()?;
    Ok(Lock(file))
}
