/*
 * What QuickJS's own modules `std` and `os` lack for the drop-in: programs in sessions of their own, signals and
 * the ends of children as a file to read, abstract sockets with their peers, sockets for the probe, what nft.c tells,
 * and text as bytes. Each call answers a number below zero, the kernel's error code with its sign turned, where it fails.
 * Its callers are quickjs.ts and the files beside this one.
 */
#define _GNU_SOURCE
#include "nft.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <quickjs.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

#define FUNCTION(name) static JSValue name(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
#define NUMBER(n) JS_NewInt32(ctx, (n))
#define RESULT(call) do { int result_ = (call); return NUMBER(result_ < 0 ? -errno : result_); } while (0)

static int integer(JSContext *ctx, JSValueConst value)
{
    int32_t number = -1;
    JS_ToInt32(ctx, &number, value);
    return number;
}

static void freeTexts(char **copies)
{
    for (char **copy = copies; copy && *copy; copy++) free(*copy);
    free(copies);
}

/* A list of texts as C has it, ended by NULL; NULL where memory is short or it is no list: a program with fewer words does something else. */
static char **texts(JSContext *ctx, JSValueConst list)
{
    JSValue length = JS_GetPropertyStr(ctx, list, "length");
    int count = integer(ctx, length);
    JS_FreeValue(ctx, length);
    char **copies = count < 0 ? NULL : calloc((size_t)count + 1, sizeof *copies);
    for (int i = 0; copies && i < count; i++) {
        JSValue item = JS_GetPropertyUint32(ctx, list, (uint32_t)i);
        const char *text = JS_ToCString(ctx, item);
        copies[i] = text ? strdup(text) : NULL;
        JS_FreeCString(ctx, text);
        JS_FreeValue(ctx, item);
        if (copies[i]) continue;
        freeTexts(copies);
        copies = NULL;
    }
    return copies;
}

/* This process's variables but for those that a list sets, and then these; the texts stay who they are of. NULL where memory is short. */
static char **withVariables(char **added)
{
    size_t count = 0, own = 0, at = 0;
    while (added && added[count]) count++;
    while (environ && environ[own]) own++;
    char **all = added ? calloc(count + own + 1, sizeof *all) : NULL;
    for (size_t i = 0; all && i < own; i++) {
        size_t name = strcspn(environ[i], "="), j = 0;
        while (j < count && (strncmp(added[j], environ[i], name) || added[j][name] != '=')) j++;
        if (j == count) all[at++] = environ[i];
    }
    for (size_t i = 0; all && i < count; i++) all[at++] = added[i];
    return all;
}

/* spawn(words, variables): [pid, standard input, output, error], or an error code. The variables are added to this process's own. */
FUNCTION(spawnProgram)
{
    int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, failure = 0;
    char **words = texts(ctx, given[0]), **added = texts(ctx, given[1]), **variables = withVariables(added);
    pid_t pid = -1;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, ours;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    for (int i = 0; i < 3 && !failure; i++) {
        if (pipe2(pipes[i], O_CLOEXEC)) failure = errno;
        else posix_spawn_file_actions_adddup2(&files, pipes[i][i ? 1 : 0], i);
    }
    sigemptyset(&none);
    sigemptyset(&ours);
    sigaddset(&ours, SIGPIPE);
    sigaddset(&ours, SIGXFSZ);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ours);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!failure && (!words || !variables || !words[0])) failure = ENOMEM;
    if (!failure) failure = posix_spawnp(&pid, words[0], &files, &attributes, words, variables);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    freeTexts(words);
    freeTexts(added);
    free(variables);
    for (int i = 0; i < 3; i++) {
        int ours_ = i ? 0 : 1;
        if (pipes[i][1 - ours_] >= 0) close(pipes[i][1 - ours_]);
        if (failure && pipes[i][ours_] >= 0) close(pipes[i][ours_]);
    }
    if (failure) return NUMBER(-failure);
    JSValue result = JS_NewArray(ctx);
    JS_SetPropertyUint32(ctx, result, 0, NUMBER(pid));
    for (int i = 0; i < 3; i++) {
        int file = pipes[i][i ? 0 : 1];
        fcntl(file, F_SETFL, O_NONBLOCK);
        JS_SetPropertyUint32(ctx, result, (uint32_t)i + 1, NUMBER(file));
    }
    return result;
}

/* signals(file, numbers...): a file that says which of them came, or that one once more with others; they end nothing any more. */
FUNCTION(signals)
{
    sigset_t set;
    sigemptyset(&set);
    for (int i = 1; i < count; i++) sigaddset(&set, integer(ctx, given[i]));
    sigprocmask(SIG_BLOCK, &set, NULL);
    RESULT(signalfd(integer(ctx, given[0]), &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

/* signalIn(file): the number of the next signal in that file, or an error code. */
FUNCTION(signalIn)
{
    struct signalfd_siginfo info;
    ssize_t read_ = read(integer(ctx, given[0]), &info, sizeof info);
    return NUMBER(read_ == sizeof info ? (int)info.ssi_signo : read_ < 0 ? -errno : -EIO);
}

/* decode(bytes, from, to): the text; what is no UTF-8 becomes U+FFFD. */
FUNCTION(decode)
{
    size_t size = 0;
    const uint8_t *bytes = JS_GetArrayBuffer(ctx, &size, given[0]);
    int from = integer(ctx, given[1]), to = integer(ctx, given[2]);
    if (!bytes || from < 0 || to < from || (size_t)to > size) return JS_NewString(ctx, "");
    return JS_NewStringLen(ctx, (const char *)bytes + from, (size_t)(to - from));
}

FUNCTION(encode)
{
    size_t size = 0;
    const char *text = JS_ToCStringLen(ctx, &size, given[0]);
    if (!text) return JS_EXCEPTION;
    JSValue bytes = JS_NewArrayBufferCopy(ctx, (const uint8_t *)text, size);
    JS_FreeCString(ctx, text);
    return bytes;
}

FUNCTION(mayWrite)
{
    const char *path = JS_ToCString(ctx, given[0]);
    int answer = path ? access(path, W_OK) : -1;
    JS_FreeCString(ctx, path);
    return JS_NewBool(ctx, answer == 0);
}

FUNCTION(user) { return JS_NewUint32(ctx, geteuid()); }
FUNCTION(group) { return JS_NewUint32(ctx, getegid()); }
FUNCTION(setUser) { RESULT(seteuid((uid_t)integer(ctx, given[0]))); }
FUNCTION(setGroup) { RESULT(setegid((gid_t)integer(ctx, given[0]))); }

/* statusOf(file): [mode, size, file system] of an open file, or an error code. */
FUNCTION(statusOf)
{
    struct stat status;
    if (fstat(integer(ctx, given[0]), &status)) return NUMBER(-errno);
    JSValue result = JS_NewArray(ctx);
    JS_SetPropertyUint32(ctx, result, 0, JS_NewUint32(ctx, status.st_mode));
    JS_SetPropertyUint32(ctx, result, 1, JS_NewInt64(ctx, (int64_t)status.st_size));
    JS_SetPropertyUint32(ctx, result, 2, JS_NewInt64(ctx, (int64_t)status.st_dev));
    return result;
}

FUNCTION(randomBytes)
{
    uint8_t bytes[16] = {0};
    ssize_t got = getrandom(bytes, sizeof bytes, 0);
    return got == sizeof bytes ? JS_NewArrayBufferCopy(ctx, bytes, sizeof bytes) : NUMBER(got < 0 ? -errno : -EIO);
}

/* The address of an abstract name: a NUL, the name, and no NUL behind it. */
static socklen_t abstract(JSContext *ctx, JSValueConst name, struct sockaddr_un *address)
{
    size_t size = 0;
    const char *text = JS_ToCStringLen(ctx, &size, name);
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (size > sizeof address->sun_path - 1) size = sizeof address->sun_path - 1;
    if (text) memcpy(address->sun_path + 1, text, size);
    JS_FreeCString(ctx, text);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + size);
}

/* lockTake(name): the listening socket, or an error code. */
FUNCTION(lockTake)
{
    struct sockaddr_un address;
    socklen_t size = abstract(ctx, given[0], &address);
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0) return NUMBER(-errno);
    if (bind(file, (struct sockaddr *)&address, size) == 0 && listen(file, 4096) == 0) return NUMBER(file);
    int failure = errno;
    close(file);
    return NUMBER(-failure);
}

/* lockPeer(name): [process, user] of who listens there, an empty list where it can't be asked, or an error code. */
FUNCTION(lockPeer)
{
    struct sockaddr_un address;
    struct ucred peer;
    socklen_t size = abstract(ctx, given[0], &address), peerSize = sizeof peer;
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file < 0) return JS_NewArray(ctx);
    int connected = connect(file, (struct sockaddr *)&address, size);
    int failure = errno;
    int known = connected == 0 && getsockopt(file, SOL_SOCKET, SO_PEERCRED, &peer, &peerSize) == 0;
    close(file);
    if (connected != 0) return NUMBER(-failure);
    JSValue result = JS_NewArray(ctx);
    if (known) {
        JS_SetPropertyUint32(ctx, result, 0, NUMBER(peer.pid));
        JS_SetPropertyUint32(ctx, result, 1, JS_NewUint32(ctx, peer.uid));
    }
    return result;
}

/* The address that a text and a port name; 0 where the text is no address. */
static socklen_t internet(JSContext *ctx, JSValueConst host, JSValueConst port, struct sockaddr_storage *address)
{
    const char *text = JS_ToCString(ctx, host);
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    socklen_t size = 0;
    memset(address, 0, sizeof *address);
    if (text && inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)integer(ctx, port));
        size = sizeof *four;
    } else if (text && inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)integer(ctx, port));
        size = sizeof *six;
    }
    JS_FreeCString(ctx, text);
    return size;
}

/* socketTo(host, port, from): a connection that is being made from an address, if that is not ''; or an error code. */
FUNCTION(socketTo)
{
    struct sockaddr_storage to, from;
    socklen_t size = internet(ctx, given[0], given[1], &to), fromSize = internet(ctx, given[2], NUMBER(0), &from);
    if (size == 0) return NUMBER(-EINVAL);
    int file = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file < 0) return NUMBER(-errno);
    int failure = fromSize > 0 && bind(file, (struct sockaddr *)&from, fromSize) ? errno : 0;
    if (!failure && connect(file, (struct sockaddr *)&to, size) && errno != EINPROGRESS) failure = errno;
    if (!failure) return NUMBER(file);
    close(file);
    return NUMBER(-failure);
}

/* socketError(file): 0, or the error code of the attempt to connect. */
FUNCTION(socketError)
{
    int failure = 0;
    socklen_t size = sizeof failure;
    if (getsockopt(integer(ctx, given[0]), SOL_SOCKET, SO_ERROR, &failure, &size)) failure = errno;
    return NUMBER(-failure);
}

/* listenOn(host, port): a socket that takes connections, or an error code. */
FUNCTION(listenOn)
{
    struct sockaddr_storage address;
    int on = 1;
    socklen_t size = internet(ctx, given[0], given[1], &address);
    if (size == 0) return NUMBER(-EINVAL);
    int file = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file < 0) return NUMBER(-errno);
    setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(file, (struct sockaddr *)&address, size) == 0 && listen(file, 511) == 0) return NUMBER(file);
    int failure = errno;
    close(file);
    return NUMBER(-failure);
}

FUNCTION(acceptOn) { RESULT(accept4(integer(ctx, given[0]), NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)); }

/* routeTo(host): 0 where the machine has a route to an address, else an error code; nothing is sent. */
FUNCTION(routeTo)
{
    struct sockaddr_storage to;
    socklen_t size = internet(ctx, given[0], NUMBER(9), &to);
    int file = size == 0 ? -1 : socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (file < 0) return NUMBER(size == 0 ? -EINVAL : -errno);
    int failure = connect(file, (struct sockaddr *)&to, size) ? errno : 0;
    close(file);
    return NUMBER(-failure);
}

/* addresses(): those of the interfaces but of loopback, as ADDRESS/BITS; or an error code. */
FUNCTION(addresses)
{
    struct ifaddrs *list = NULL;
    uint32_t at = 0;
    if (getifaddrs(&list)) return NUMBER(-errno);
    JSValue result = JS_NewArray(ctx);
    for (struct ifaddrs *one = list; one; one = one->ifa_next) {
        char text[INET6_ADDRSTRLEN + 8];
        int family = one->ifa_addr ? one->ifa_addr->sa_family : AF_UNSPEC, bits = 0, bytes = family == AF_INET ? 4 : 16;
        if ((family != AF_INET && family != AF_INET6)) continue;
        int place = family == AF_INET ? offsetof(struct sockaddr_in, sin_addr) : offsetof(struct sockaddr_in6, sin6_addr);
        /* What /proc shows is the measure: of IPv4 all but 127.0.0.0/8, of IPv6 all that is not on lo. */
        if (family == AF_INET ? ((uint8_t *)one->ifa_addr)[place] == 127 : one->ifa_flags & IFF_LOOPBACK) continue;
        if (!inet_ntop(family, (char *)one->ifa_addr + place, text, INET6_ADDRSTRLEN)) continue;
        for (int i = 0; one->ifa_netmask && i < bytes; i++) bits += __builtin_popcount(((uint8_t *)one->ifa_netmask)[place + i]);
        char *end = text + strlen(text);
        *end++ = '/';
        if (bits >= 100) *end++ = '1';
        if (bits >= 10) *end++ = (char)('0' + bits / 10 % 10);
        *end++ = (char)('0' + bits % 10);
        *end = 0;
        JS_SetPropertyUint32(ctx, result, at++, JS_NewString(ctx, text));
    }
    freeifaddrs(list);
    return result;
}

/* nftTold(): what the kernel tells of nft in this network namespace, as nft-told.ts reads it, or an error code. */
FUNCTION(nftTold)
{
    size_t size = 0;
    int failure = 0;
    char *text = tellNft(&size, &failure);
    JSValue result = failure ? NUMBER(failure) : JS_NewStringLen(ctx, text ? text : "", size);
    free(text);
    return result;
}

static const JSCFunctionListEntry FUNCTIONS[] = {
    JS_CFUNC_DEF("spawn", 2, spawnProgram), JS_CFUNC_DEF("signals", 1, signals), JS_CFUNC_DEF("signalIn", 1, signalIn),
    JS_CFUNC_DEF("decode", 3, decode), JS_CFUNC_DEF("encode", 1, encode), JS_CFUNC_DEF("mayWrite", 1, mayWrite),
    JS_CFUNC_DEF("user", 0, user), JS_CFUNC_DEF("group", 0, group), JS_CFUNC_DEF("setUser", 1, setUser),
    JS_CFUNC_DEF("setGroup", 1, setGroup), JS_CFUNC_DEF("statusOf", 1, statusOf), JS_CFUNC_DEF("randomBytes", 0, randomBytes),
    JS_CFUNC_DEF("lockTake", 1, lockTake), JS_CFUNC_DEF("lockPeer", 1, lockPeer), JS_CFUNC_DEF("socketTo", 3, socketTo),
    JS_CFUNC_DEF("socketError", 1, socketError), JS_CFUNC_DEF("listenOn", 2, listenOn), JS_CFUNC_DEF("acceptOn", 1, acceptOn),
    JS_CFUNC_DEF("routeTo", 1, routeTo), JS_CFUNC_DEF("addresses", 0, addresses),
    JS_CFUNC_DEF("nftTold", 0, nftTold),
};

static int define(JSContext *ctx, JSModuleDef *module)
{
    return JS_SetModuleExportList(ctx, module, FUNCTIONS, sizeof FUNCTIONS / sizeof *FUNCTIONS);
}

/* Called by the main function that qjsc writes, for `-M machine,machine`. */
JSModuleDef *js_init_module_machine(JSContext *ctx, const char *name)
{
    /* A descriptor that the caller closed must not become a pipe of ours. */
    for (int file = 0; file < 3; file++)
        if (fcntl(file, F_GETFD) < 0 && open("/dev/null", file ? O_WRONLY : O_RDONLY) < 0) break;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    /* Who started this may have ignored it: then no end of a program would be told, and none could be waited for. */
    signal(SIGCHLD, SIG_DFL);
    JSModuleDef *module = JS_NewCModule(ctx, name, define);
    if (module) JS_AddModuleExportList(ctx, module, FUNCTIONS, sizeof FUNCTIONS / sizeof *FUNCTIONS);
    return module;
}
