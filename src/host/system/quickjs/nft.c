/*
 * What the kernel tells of nft's tables in this network namespace, without a program: netlink's answers as lines of words, which
 * src/netfilter/nft-told.ts reads. Nothing is judged here but what the lines can't hold.
 */
#define _GNU_SOURCE
#include "nft.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A text that grows; once it has failed it stays so. */
typedef struct { char *bytes; size_t size, room; int failure; } Text;

/* What is told may have so much; the rules of an ordinary pod take a hundredth of it. */
enum { MOST_TOLD = 256 << 10 };

static void add(Text *text, const char *bytes, size_t size)
{
    if (text->failure) return;
    if (text->size + size > text->room) {
        size_t room = text->size + size + 8192;
        char *more = room > MOST_TOLD ? NULL : realloc(text->bytes, room);
        if (!more) {
            text->failure = room > MOST_TOLD ? -EMSGSIZE : -ENOMEM;
            return;
        }
        text->bytes = more;
        text->room = room;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

/* The attribute of that type among `size` bytes of them; NULL where there is none. */
static const struct nlattr *attribute(const void *from, size_t size, int type)
{
    const struct nlattr *at = from;
    while (size >= sizeof *at && at->nla_len >= sizeof *at && at->nla_len <= size) {
        if ((at->nla_type & NLA_TYPE_MASK) == type) return at;
        size_t step = NLA_ALIGN(at->nla_len);
        if (step >= size) break;
        size -= step;
        at = (const struct nlattr *)((const char *)at + step);
    }
    return NULL;
}

static size_t sizeIn(const struct nlattr *at) { return at ? at->nla_len - sizeof *at : 0; }
static const struct nlattr *within(const struct nlattr *at, int type) { return at ? attribute(at + 1, sizeIn(at), type) : NULL; }

/* A separator, and a name as it stands there, `-` for none. What is not ASCII, or would look like a separator, can't be told. */
static void addName(Text *text, char separator, const struct nlattr *at)
{
    const char *bytes = at ? (const char *)(at + 1) : "-";
    size_t size = at ? strnlen(bytes, sizeIn(at)) : 1;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] <= ' ' || bytes[i] > '~' || bytes[i] == ',' || bytes[i] == '=') text->failure = -EILSEQ;
    if (size == 0) text->failure = -EILSEQ;
    add(text, &separator, 1);
    add(text, bytes, size);
}

/* The same of a number in the order of the network. */
static void addNumber(Text *text, char separator, const struct nlattr *at)
{
    char digits[16];
    uint32_t number = 0;
    if (sizeIn(at) >= sizeof number) memcpy(&number, at + 1, sizeof number);
    int size = snprintf(digits, sizeof digits, sizeIn(at) >= sizeof number ? "%c%d" : "%c-", separator, (int)ntohl(number));
    add(text, digits, (size_t)size);
}

/* ` NAME=VALUES`: of an expression what tells which field of a packet it asks, or how it ends. */
static void addExpression(Text *text, const struct nlattr *expression)
{
    const struct nlattr *name = within(expression, NFTA_EXPR_NAME), *data = within(expression, NFTA_EXPR_DATA);
    const char *word = name ? (const char *)(name + 1) : "";
    size_t size = strnlen(word, sizeIn(name));
    addName(text, ' ', name);
    if (size == 4 && !memcmp(word, "meta", size)) {
        addNumber(text, '=', within(data, NFTA_META_KEY));
        addNumber(text, ',', within(data, NFTA_META_SREG));
    } else if (size == 7 && !memcmp(word, "payload", size)) {
        addNumber(text, '=', within(data, NFTA_PAYLOAD_BASE));
        addNumber(text, ',', within(data, NFTA_PAYLOAD_OFFSET));
        addNumber(text, ',', within(data, NFTA_PAYLOAD_LEN));
        addNumber(text, ',', within(data, NFTA_PAYLOAD_SREG));
    } else if (size == 9 && !memcmp(word, "immediate", size)) {
        const struct nlattr *verdict = within(within(data, NFTA_IMMEDIATE_DATA), NFTA_DATA_VERDICT);
        addNumber(text, '=', within(verdict, NFTA_VERDICT_CODE));
        addName(text, ',', within(verdict, NFTA_VERDICT_CHAIN));
    } else if (size == 6 && !memcmp(word, "target", size)) addName(text, '=', within(data, NFTA_TARGET_NAME));
}

/* One line of a table, a chain or a rule: `family table`, then what it is. */
static void addObject(Text *text, int type, const struct nfgenmsg *head, size_t size)
{
    const struct nlattr *all = (const struct nlattr *)(head + 1), *list, *at;
    size_t left = size - sizeof *head;
    char family[8];
    add(text, family, (size_t)snprintf(family, sizeof family, "%d", head->nfgen_family));
    addName(text, ' ', attribute(all, left, NFTA_TABLE_NAME));
    if (type == NFT_MSG_GETTABLE) addNumber(text, ' ', attribute(all, left, NFTA_TABLE_FLAGS));
    else if (type == NFT_MSG_GETCHAIN) {
        const struct nlattr *hook = attribute(all, left, NFTA_CHAIN_HOOK);
        addName(text, ' ', attribute(all, left, NFTA_CHAIN_NAME));
        addNumber(text, ' ', attribute(all, left, NFTA_CHAIN_FLAGS));
        addNumber(text, ' ', within(hook, NFTA_HOOK_HOOKNUM));
        addNumber(text, ' ', within(hook, NFTA_HOOK_PRIORITY));
        addName(text, ' ', attribute(all, left, NFTA_CHAIN_TYPE));
        addNumber(text, ' ', attribute(all, left, NFTA_CHAIN_POLICY));
    } else {
        addName(text, ' ', attribute(all, left, NFTA_RULE_CHAIN));
        list = attribute(all, left, NFTA_RULE_EXPRESSIONS);
        for (at = list ? list + 1 : NULL, left = sizeIn(list); at && left >= sizeof *at && at->nla_len >= sizeof *at && at->nla_len <= left;) {
            size_t step = NLA_ALIGN(at->nla_len);
            addExpression(text, at);
            if (step >= left) break;
            left -= step;
            at = (const struct nlattr *)((const char *)at + step);
        }
    }
    add(text, "\n", 1);
}

/* Asks the kernel for every table, chain or rule. Its answers count its changes: between two of them there may have been one. */
static void addAnswer(Text *text, int file, int type, int *generation)
{
    struct { struct nlmsghdr head; struct nfgenmsg body; } question = {
        {.nlmsg_len = sizeof question, .nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0},
    };
    union { struct nlmsghdr head; char bytes[32768]; } answer;
    int open_ = 1;
    if (!text->failure && send(file, &question, sizeof question, 0) < 0) text->failure = -errno;
    while (open_ && !text->failure) {
        struct sockaddr_nl from;
        socklen_t fromSize = sizeof from;
        ssize_t got = recvfrom(file, &answer, sizeof answer, MSG_TRUNC, (struct sockaddr *)&from, &fromSize);
        if (got <= 0 || (size_t)got > sizeof answer) text->failure = got < 0 ? -errno : -EIO;
        /* Only the kernel has number 0. */
        size_t left = text->failure || from.nl_pid ? 0 : (size_t)got;
        for (struct nlmsghdr *part = &answer.head; open_ && !text->failure && NLMSG_OK(part, left); part = NLMSG_NEXT(part, left)) {
            struct nfgenmsg *body = NLMSG_DATA(part);
            if (part->nlmsg_flags & NLM_F_DUMP_INTR) text->failure = -EINTR;
            else if (part->nlmsg_type == NLMSG_DONE) open_ = 0;
            else if (part->nlmsg_type == NLMSG_ERROR) {
                int code = part->nlmsg_len >= NLMSG_LENGTH(sizeof code) ? *(int *)NLMSG_DATA(part) : 0;
                text->failure = code < 0 ? code : -EIO;
            } else if (part->nlmsg_len < NLMSG_LENGTH(sizeof *body)) text->failure = -EIO;
            else {
                if (*generation < 0) *generation = body->res_id;
                if (*generation != body->res_id) text->failure = -EINTR;
                addObject(text, type, body, part->nlmsg_len - NLMSG_HDRLEN);
            }
        }
    }
}

char *tellNft(size_t *size, int *failure)
{
    Text text = {NULL, 0, 0, 0};
    int generation = -1, file = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (file < 0) text.failure = -errno;
    addAnswer(&text, file, NFT_MSG_GETTABLE, &generation);
    if (text.size) {
        add(&text, "\n", 1);
        addAnswer(&text, file, NFT_MSG_GETCHAIN, &generation);
        add(&text, "\n", 1);
        addAnswer(&text, file, NFT_MSG_GETRULE, &generation);
    }
    if (file >= 0) close(file);
    *size = text.size;
    *failure = text.failure;
    return text.bytes;
}
