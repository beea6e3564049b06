// What stands behind the C library of a typed block: no system. Every call that would leave the block is answered here:
// output goes to the step's log, line by line; all else does not exist. Compiled once per version of clang and of this file.

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Errors of `wasi_snapshot_preview1`.
enum { SUCCESS = 0, BADF = 8, NOSYS = 52 };

#define WASI(name) __imported_wasi_snapshot_preview1_##name
typedef int32_t i32;
typedef int64_t i64;

__attribute__((import_module("wb:engine/console@0.1.0"), import_name("log"))) void __wb_log(const char *line, size_t length);

// One line under way for each of stdout and stderr. A line without an end is logged when it is full, or at the end.
static struct line {
    size_t length;
    char text[4096];
} lines[2];

static void flush_line(struct line *line) {
    __wb_log(line->text, line->length);
    line->length = 0;
}

static void log_bytes(struct line *line, const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n' || line->length == sizeof line->text) flush_line(line);
        if (bytes[i] != '\n') line->text[line->length++] = bytes[i];
    }
}

// Called before a call of the block returns.
void __wb_flush(void) {
    fflush(NULL);
    for (int i = 0; i < 2; i++)
        if (lines[i].length) flush_line(&lines[i]);
}

i32 WASI(fd_write)(i32 fd, i32 vectors, i32 count, i32 written) {
    if (fd != 1 && fd != 2) return BADF;
    const struct { const char *bytes; size_t length; } *vector = (const void *)vectors;
    size_t sum = 0;
    for (i32 i = 0; i < count; i++) {
        log_bytes(&lines[fd - 1], vector[i].bytes, vector[i].length);
        sum += vector[i].length;
    }
    *(size_t *)written = sum;
    return SUCCESS;
}

// A pipe that can be written to: then the C library buffers.
i32 WASI(fd_fdstat_get)(i32 fd, i32 stat) {
    if (fd < 0 || fd > 2) return BADF;
    memset((void *)stat, 0, 24);
    ((uint64_t *)stat)[1] = fd == 0 ? 2 : 64;
    return SUCCESS;
}

// Standard input is at its end.
i32 WASI(fd_read)(i32 fd, i32 vectors, i32 count, i32 got) {
    if (fd != 0) return BADF;
    *(size_t *)got = 0;
    return SUCCESS;
}

i32 WASI(args_sizes_get)(i32 count, i32 size) {
    *(size_t *)count = *(size_t *)size = 0;
    return SUCCESS;
}

i32 WASI(environ_sizes_get)(i32 count, i32 size) {
    *(size_t *)count = *(size_t *)size = 0;
    return SUCCESS;
}

_Noreturn void WASI(proc_exit)(i32 status) {
    __wb_flush();
    __builtin_trap();
}

#define NONE(name, ...) i32 WASI(name)(__VA_ARGS__) { return NOSYS; }
#define NO_FILE(name, ...) i32 WASI(name)(__VA_ARGS__) { return BADF; }
NONE(args_get, i32 a, i32 b)
NONE(environ_get, i32 a, i32 b)
NONE(clock_res_get, i32 a, i32 b)
NONE(clock_time_get, i32 a, i64 b, i32 c)
NONE(poll_oneoff, i32 a, i32 b, i32 c, i32 d)
NONE(random_get, i32 a, i32 b)
NONE(sched_yield, void)
NO_FILE(fd_advise, i32 a, i64 b, i64 c, i32 d)
NO_FILE(fd_allocate, i32 a, i64 b, i64 c)
NO_FILE(fd_close, i32 a)
NO_FILE(fd_datasync, i32 a)
NO_FILE(fd_fdstat_set_flags, i32 a, i32 b)
NO_FILE(fd_fdstat_set_rights, i32 a, i64 b, i64 c)
NO_FILE(fd_filestat_get, i32 a, i32 b)
NO_FILE(fd_filestat_set_size, i32 a, i64 b)
NO_FILE(fd_filestat_set_times, i32 a, i64 b, i64 c, i32 d)
NO_FILE(fd_pread, i32 a, i32 b, i32 c, i64 d, i32 e)
NO_FILE(fd_prestat_dir_name, i32 a, i32 b, i32 c)
NO_FILE(fd_prestat_get, i32 a, i32 b)
NO_FILE(fd_pwrite, i32 a, i32 b, i32 c, i64 d, i32 e)
NO_FILE(fd_readdir, i32 a, i32 b, i32 c, i64 d, i32 e)
NO_FILE(fd_renumber, i32 a, i32 b)
NO_FILE(fd_seek, i32 a, i64 b, i32 c, i32 d)
NO_FILE(fd_sync, i32 a)
NO_FILE(fd_tell, i32 a, i32 b)
NO_FILE(path_create_directory, i32 a, i32 b, i32 c)
NO_FILE(path_filestat_get, i32 a, i32 b, i32 c, i32 d, i32 e)
NO_FILE(path_filestat_set_times, i32 a, i32 b, i32 c, i32 d, i64 e, i64 f, i32 g)
NO_FILE(path_link, i32 a, i32 b, i32 c, i32 d, i32 e, i32 f, i32 g)
NO_FILE(path_open, i32 a, i32 b, i32 c, i32 d, i32 e, i64 f, i64 g, i32 h, i32 i)
NO_FILE(path_readlink, i32 a, i32 b, i32 c, i32 d, i32 e, i32 f)
NO_FILE(path_remove_directory, i32 a, i32 b, i32 c)
NO_FILE(path_rename, i32 a, i32 b, i32 c, i32 d, i32 e, i32 f)
NO_FILE(path_symlink, i32 a, i32 b, i32 c, i32 d, i32 e)
NO_FILE(path_unlink_file, i32 a, i32 b, i32 c)
NO_FILE(sock_accept, i32 a, i32 b, i32 c)
NO_FILE(sock_recv, i32 a, i32 b, i32 c, i32 d, i32 e, i32 f)
NO_FILE(sock_send, i32 a, i32 b, i32 c, i32 d, i32 e)
NO_FILE(sock_shutdown, i32 a, i32 b)

// The error of the call under way.
static char *failure;
static size_t failure_length;

void wb_fail(const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    free(failure);
    failure_length = length < 0 ? 0 : length;
    failure = malloc(failure_length + 1);
    failure[0] = 0;
    vsnprintf(failure, failure_length + 1, format, again);
    va_end(again);
}

// The error, if there is one; then there is none.
_Bool __wb_failed(char **text, size_t *length) {
    _Bool failed = failure;
    *text = failure;
    *length = failure_length;
    failure = NULL;
    return failed;
}

// A block that gets no more memory ends: few blocks look, and what lies at address 0 is their stack. The linker has every
// call of the three come here (`--wrap`).
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size) {
    void *place = __real_malloc(size);
    if (!place && size) __builtin_trap();
    return place;
}

void *__wrap_calloc(size_t count, size_t size) {
    void *place = __real_calloc(count, size);
    if (!place && count && size) __builtin_trap();
    return place;
}

void *__wrap_realloc(void *old, size_t size) {
    void *place = __real_realloc(old, size);
    if (!place && size) __builtin_trap();
    return place;
}

// The allocator through which a caller places what it passes.
__attribute__((export_name("cabi_realloc"))) void *__wb_realloc(void *old, size_t old_size, size_t align, size_t size) {
    static _Alignas(16) char nothing[16];
    if (size == 0) return nothing;
    // `malloc` aligns to 16, which is more than any value needs. The byte behind it ends a text as C expects.
    char *place = realloc(old_size ? old : NULL, size + 1);
    place[size] = 0;
    return place;
}
