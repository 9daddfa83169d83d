//! SQLite's file layer with checksums in between: [`STRICT`] refuses a damaged page, [`LENIENT`] reads it all
//! the same, to tell and to mend what is damaged. Both set checksums when they write.
//!
//! A file of ours is a small head followed by the file of the system's own layer, to which every call goes on.
//! Memory: one page while it is written.
#![allow(unsafe_code, reason = "SQLite's interface for file layers is C")]

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    mem, ptr, slice,
    sync::OnceLock,
};

use rusqlite::ffi::{
    self, sqlite3_file, sqlite3_filename, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs,
};

use super::{guarded_size, is_whole, note, seal};

/// The layer that refuses damaged pages.
pub(crate) const STRICT: &CStr = c"kinora-pages";
/// The layer that reads damaged pages too.
pub(crate) const LENIENT: &CStr = c"kinora-pages-lenient";

/// Bytes of the head of a file of ours; the system's file follows.
const HEAD: usize = mem::size_of::<Guarded>().next_multiple_of(16);

/// The head of a file of ours. SQLite sees its first field only.
#[repr(C)]
struct Guarded {
    base: sqlite3_file,
    /// Size of its pages once it is known that they carry checksums, else 0.
    page: usize,
    strict: bool,
}

/// What a layer of ours knows; lives as long as the process.
struct Layer {
    system: *mut sqlite3_vfs,
    strict: bool,
}

/// Makes both layers known to SQLite, once a process.
///
/// # Errors
/// SQLite's number if it has no file layer of its own.
pub(crate) fn register() -> Result<(), c_int> {
    static DONE: OnceLock<Result<(), c_int>> = OnceLock::new();
    *DONE.get_or_init(|| {
        // SAFETY: a null name asks for the default layer, which SQLite keeps for ever.
        let system = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        if system.is_null() {
            return Err(ffi::SQLITE_ERROR);
        }
        add(system, STRICT, true)?;
        add(system, LENIENT, false)
    })
}

fn add(system: *mut sqlite3_vfs, name: &'static CStr, strict: bool) -> Result<(), c_int> {
    // SAFETY: `system` was given by SQLite and is not null.
    let (size, longest) = unsafe { ((*system).szOsFile, (*system).mxPathname) };
    let layer = Box::leak(Box::new(Layer { system, strict }));
    let vfs = Box::leak(Box::new(sqlite3_vfs {
        iVersion: 2,
        szOsFile: HEAD as c_int + size,
        mxPathname: longest,
        pNext: ptr::null_mut(),
        zName: name.as_ptr(),
        pAppData: ptr::from_mut(layer).cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: Some(get_last_error),
        xCurrentTimeInt64: Some(current_time_int64),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }));
    // SAFETY: the layer and its name live as long as the process.
    match unsafe { ffi::sqlite3_vfs_register(vfs, 0) } {
        ffi::SQLITE_OK => Ok(()),
        code => Err(code),
    }
}

/// # Safety
/// `vfs` must be a layer of ours.
unsafe fn layer<'a>(vfs: *mut sqlite3_vfs) -> &'a Layer {
    // SAFETY: `add` put a leaked `Layer` there.
    unsafe { &*(*vfs).pAppData.cast::<Layer>() }
}

/// # Safety
/// `file` must be a file of ours.
unsafe fn head<'a>(file: *mut sqlite3_file) -> &'a mut Guarded {
    // SAFETY: `open` put a `Guarded` there; SQLite uses a file from one thread at a time.
    unsafe { &mut *file.cast::<Guarded>() }
}

/// # Safety
/// `file` must be a file of ours.
unsafe fn system_file(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: SQLite allots `szOsFile` bytes, of which the head takes the first `HEAD`.
    unsafe { file.cast::<u8>().add(HEAD).cast() }
}

/// Only the database itself gets a head; logs, journals and temporary files are the system's own.
unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite calls with the layer it was given and with room for a file of that layer.
    unsafe {
        let layer = layer(vfs);
        let Some(open) = (*layer.system).xOpen else {
            return ffi::SQLITE_CANTOPEN;
        };
        if flags & ffi::SQLITE_OPEN_MAIN_DB == 0 {
            return open(layer.system, name, file, flags, out_flags);
        }
        let base = sqlite3_file { pMethods: ptr::null() };
        file.cast::<Guarded>().write(Guarded { base, page: 0, strict: layer.strict });
        let inner = system_file(file);
        (*inner).pMethods = ptr::null();
        let code = open(layer.system, name, inner, flags, out_flags);
        if code == ffi::SQLITE_OK {
            head(file).base.pMethods = &raw const METHODS;
        } else if let Some(close) = (*inner).pMethods.as_ref().and_then(|methods| methods.xClose) {
            close(inner);
        }
        code
    }
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    into: *mut c_void,
    amount: c_int,
    offset: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives a file of ours and room for `amount` bytes, all of them written if all went well.
    unsafe {
        let code = system_read(file, into, amount, offset);
        if code != ffi::SQLITE_OK {
            return code;
        }
        let bytes = slice::from_raw_parts(into.cast::<u8>(), amount as usize);
        let head = head(file);
        learn(head, bytes, offset);
        match number(head, bytes.len(), offset) {
            Some(number) if !is_whole(bytes, number) => note(number, head.strict),
            _ => return ffi::SQLITE_OK,
        }
        if head.strict { ffi::SQLITE_IOERR_DATA } else { ffi::SQLITE_OK }
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    amount: c_int,
    offset: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives a file of ours and `amount` bytes.
    unsafe {
        let bytes = slice::from_raw_parts(from.cast::<u8>(), amount as usize);
        let head = head(file);
        learn(head, bytes, offset);
        if head.page == 0 {
            // Another process may have given the file its checksums since it was opened here.
            let mut first = [0u8; 100];
            if system_read(file, first.as_mut_ptr().cast(), 100, 0) == ffi::SQLITE_OK {
                learn(head, &first, 0);
            }
        }
        let Some(number) = number(head, bytes.len(), offset) else {
            return system_write(file, from, amount, offset);
        };
        let mut page = bytes.to_vec();
        seal(&mut page, number);
        system_write(file, page.as_ptr().cast(), amount, offset)
    }
}

/// Whether a file's pages carry checksums stands in its first bytes. What carries them once always will.
fn learn(head: &mut Guarded, bytes: &[u8], offset: sqlite3_int64) {
    if offset == 0 {
        head.page = guarded_size(bytes).unwrap_or(head.page);
    }
}

/// The number of the page, counted from 1, if this is a whole page with a checksum.
fn number(head: &Guarded, amount: usize, offset: sqlite3_int64) -> Option<u64> {
    let offset = u64::try_from(offset).ok()?;
    let page = head.page as u64;
    (head.page > 0 && amount == head.page && offset.is_multiple_of(page)).then(|| offset / page + 1)
}

/// Calls on a file that go on to the system's file as they are.
macro_rules! on_file {
    ($($name:ident: $method:ident($($argument:ident: $kind:ty),*);)*) => {$(
        unsafe extern "C" fn $name(file: *mut sqlite3_file, $($argument: $kind),*) -> c_int {
            // SAFETY: SQLite gives a file of ours, whose system's file is open.
            unsafe {
                let inner = system_file(file);
                match (*inner).pMethods.as_ref().and_then(|methods| methods.$method) {
                    Some(call) => call(inner, $($argument),*),
                    None => ffi::SQLITE_IOERR,
                }
            }
        }
    )*};
}

on_file! {
    close: xClose();
    system_read: xRead(into: *mut c_void, amount: c_int, offset: sqlite3_int64);
    system_write: xWrite(from: *const c_void, amount: c_int, offset: sqlite3_int64);
    truncate: xTruncate(size: sqlite3_int64);
    sync: xSync(flags: c_int);
    file_size: xFileSize(size: *mut sqlite3_int64);
    lock: xLock(level: c_int);
    unlock: xUnlock(level: c_int);
    check_reserved_lock: xCheckReservedLock(held: *mut c_int);
    file_control: xFileControl(op: c_int, argument: *mut c_void);
    sector_size: xSectorSize();
    device_characteristics: xDeviceCharacteristics();
    shm_map: xShmMap(region: c_int, size: c_int, extend: c_int, at: *mut *mut c_void);
    shm_lock: xShmLock(offset: c_int, count: c_int, flags: c_int);
    shm_unmap: xShmUnmap(delete: c_int);
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    // SAFETY: SQLite gives a file of ours, whose system's file is open.
    unsafe {
        let inner = system_file(file);
        if let Some(call) = (*inner).pMethods.as_ref().and_then(|methods| methods.xShmBarrier) {
            call(inner);
        }
    }
}

/// Version 2: with shared memory for the write-ahead log, without mapped pages, which would pass `read` by.
static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Calls on the layer that go on to the system's layer as they are.
macro_rules! on_layer {
    ($($name:ident: $method:ident($($argument:ident: $kind:ty),*);)*) => {$(
        unsafe extern "C" fn $name(vfs: *mut sqlite3_vfs, $($argument: $kind),*) -> c_int {
            // SAFETY: SQLite gives a layer of ours.
            unsafe {
                let system = layer(vfs).system;
                match (*system).$method {
                    Some(call) => call(system, $($argument),*),
                    None => ffi::SQLITE_ERROR,
                }
            }
        }
    )*};
}

on_layer! {
    delete: xDelete(name: *const c_char, sync: c_int);
    access: xAccess(name: *const c_char, flags: c_int, answer: *mut c_int);
    full_pathname: xFullPathname(name: *const c_char, length: c_int, out: *mut c_char);
    randomness: xRandomness(length: c_int, out: *mut c_char);
    sleep: xSleep(microseconds: c_int);
    current_time: xCurrentTime(out: *mut f64);
    get_last_error: xGetLastError(length: c_int, out: *mut c_char);
    current_time_int64: xCurrentTimeInt64(out: *mut sqlite3_int64);
}
