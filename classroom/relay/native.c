/* The packet path in C, where it pays: sending to many, and the way past Python. express.py is its other half.
 *
 * One thread at a time has an express; nothing here keeps anything between calls but what `struct own` holds. */

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

#include "native.h"

enum {
    BUCKETS = 1024,
    HEADER_BYTES = 12,
    STAMP_BYTES = 8,
    ONE_BYTE_PROFILE = 0xBEDE,
    /* As in fanout.py: what stays in the second-level cache, UIO_MAXIOV, and what one segmented message may carry. */
    SLAB_BYTES = 128 * 1024,
    MESSAGES = 1024,
    SEGMENTS = 48,
    MESSAGE_BYTES = 60000,
    UDP_SEGMENT_OPTION = 103
};

typedef int transform(void *session, void *packet, int *bytes);
typedef int sending(int fd, struct mmsghdr *messages, unsigned int count, int flags);

struct segment { size_t cmsg_len; int cmsg_level; int cmsg_type; uint16_t bytes; uint8_t padding[6]; };

/* A packet on its way out: its payload, whose first byte may be another one, and what is put behind it. */
struct outgoing { const uint8_t *head, *payload; int bytes, padding; uint8_t first; };

/* An express and what Python does not see of it. */
struct own {
    struct express shared;
    int fd, queued;
    transform *protect, *unprotect;
    sending *send;
    struct shortcut *buckets[BUCKETS];
    struct mmsghdr in[AT_ONCE], out[MESSAGES];
    struct iovec read[AT_ONCE], written[MESSAGES];
    struct segment controls[MESSAGES];
    int packets[MESSAGES];
    size_t filled;
    char slab[SLAB_BYTES], plain[MESSAGE_BYTES];
};

static uint16_t read16(const uint8_t *at) { return at[0] << 8 | at[1]; }
static uint32_t read32(const uint8_t *at) { return (uint32_t)read16(at) << 16 | read16(at + 2); }
static void write16(uint8_t *at, uint16_t value) { at[0] = value >> 8; at[1] = value; }
static void write32(uint8_t *at, uint32_t value) { write16(at, value >> 16); write16(at + 2, value); }

struct express *express_open(int fd, uintptr_t protect, uintptr_t unprotect, uintptr_t send, int segments)
{
    struct own *own = calloc(1, sizeof *own);
    if (!own)
        return NULL;
    own->shared.news = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (own->shared.news < 0) {
        free(own);
        return NULL;
    }
    own->fd = fd;
    own->protect = (transform *)protect;
    own->unprotect = (transform *)unprotect;
    own->send = send ? (sending *)send : sendmmsg;
    own->shared.segments = segments;
    for (int slot = 0; slot < AT_ONCE; slot++) {
        own->read[slot] = (struct iovec){own->shared.data + slot * SLOT_BYTES, SLOT_BYTES};
        own->in[slot].msg_hdr = (struct msghdr){.msg_name = own->shared.names + slot * NAME_BYTES,
                                                .msg_namelen = NAME_BYTES,
                                                .msg_iov = own->read + slot,
                                                .msg_iovlen = 1};
    }
    for (int message = 0; message < MESSAGES; message++) {
        own->controls[message] = (struct segment){.cmsg_len = offsetof(struct segment, padding),
                                                  .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT_OPTION};
        own->out[message].msg_hdr = (struct msghdr){.msg_iov = own->written + message, .msg_iovlen = 1,
                                                    .msg_control = own->controls + message};
    }
    return &own->shared;
}

void express_close(struct express *express) { free(express); }

static struct shortcut **bucket(struct own *own, uint32_t ssrc) { return &own->buckets[(ssrc ^ ssrc >> 16) % BUCKETS]; }

void express_add(struct express *express, struct shortcut *shortcut)
{
    struct shortcut **first = bucket((struct own *)express, shortcut->ssrc);
    shortcut->next = *first;
    *first = shortcut;
}

void express_remove(struct express *express, struct shortcut *shortcut)
{
    for (struct shortcut **at = bucket((struct own *)express, shortcut->ssrc); *at; at = &(*at)->next)
        if (*at == shortcut) {
            *at = shortcut->next;
            return;
        }
}

static struct shortcut *shortcut_of(struct own *own, const uint8_t *packet, int bytes, const char *name)
{
    if (bytes < HEADER_BYTES || packet[0] < 128 || packet[0] > 191 || (packet[1] > 191 && packet[1] < 224))
        return NULL;
    uint32_t ssrc = read32(packet + 8);
    struct shortcut *shortcut = *bucket(own, ssrc);
    while (shortcut && (shortcut->ssrc != ssrc || memcmp(shortcut->name, name, COMPARED_BYTES)))
        shortcut = shortcut->next;
    return shortcut;
}

/* Where the payload begins; 0 when there is none, or padding, or extensions in another form than browsers'. */
static int payload_at(const uint8_t *packet, int bytes)
{
    int at = HEADER_BYTES + 4 * (packet[0] & 0x0F);
    if (packet[0] & 0x20)
        return 0;
    if (packet[0] & 0x10) {
        if (at + 4 > bytes || read16(packet + at) != ONE_BYTE_PROFILE)
            return 0;
        at += 4 + 4 * read16(packet + at + 2);
    }
    return at < bytes ? at : 0;
}

/* Whether it goes the way of the packet before it: the next of its source, or little further, and with a payload. */
static int is_plain(const struct shortcut *shortcut, const uint8_t *packet, int bytes)
{
    uint16_t ahead = read16(packet + 2) - shortcut->newest;
    return !shortcut->is_suspended && bytes <= DATAGRAM_BYTES && (packet[1] & 0x7F) == shortcut->payload_type &&
           ahead > 0 && ahead <= MOST_AHEAD && payload_at(packet, bytes - shortcut->tag_bytes);
}

/* Drop PictureID and its like (RFC 7741 §4.2), as layer.py's _plain_vp8 does. */
static void drop_picture_id(struct outgoing *packet)
{
    const uint8_t *payload = packet->payload;
    if (packet->bytes < 2 || !(payload[0] & 0x80))
        return;
    int size = 2;
    if (payload[1] & 0x80)
        size += packet->bytes > 2 && payload[2] & 0x80 ? 2 : 1;
    size += !!(payload[1] & 0x40) + !!(payload[1] & 0x30);
    if (size > packet->bytes)
        size = packet->bytes;
    packet->first = payload[0] & 0x7F;
    packet->payload += size - 1;
    packet->bytes -= size - 1;
}

/* Pad the packets of each picture to equal sizes where a byte or two do, as lane.py's `level` does. */
static void even_out(struct outgoing *packets, int count)
{
    for (int first = 0, end; first < count; first = end) {
        int largest = packets[first].bytes;
        for (end = first + 1; end < count && !memcmp(packets[end].head + 4, packets[first].head + 4, 4); end++)
            if (packets[end].bytes > largest)
                largest = packets[end].bytes;
        for (int at = first; at < end; at++)
            if (largest - packets[at].bytes <= 2)
                packets[at].padding = largest - packets[at].bytes;
    }
}

static int written_bytes(const struct lane *lane, const struct outgoing *packet)
{
    return HEADER_BYTES + (lane->abs_send_time ? STAMP_BYTES : 0) + packet->bytes + packet->padding;
}

/* The packet as lane.py's Lane.write makes it. */
static void write_packet(const struct lane *lane, const struct outgoing *packet, double now, uint8_t *to)
{
    to[0] = 0x80 | (packet->padding ? 0x20 : 0) | (lane->abs_send_time ? 0x10 : 0);
    to[1] = lane->payload_type | (packet->head[1] & 0x80);
    write16(to + 2, read16(packet->head + 2) + lane->sequence_offset);
    write32(to + 4, read32(packet->head + 4) + lane->timestamp_offset);
    write32(to + 8, lane->ssrc);
    to += HEADER_BYTES;
    if (lane->abs_send_time) {
        write32(to, (uint32_t)ONE_BYTE_PROFILE << 16 | 1);
        write32(to + 4, (uint32_t)lane->abs_send_time << 28 | 2 << 24 | ((uint64_t)(now * 262144) & 0xFFFFFF));
        to += STAMP_BYTES;
    }
    memcpy(to, packet->payload, packet->bytes);
    to[0] = packet->first;
    to += packet->bytes;
    if (packet->padding == 2)
        *to++ = 0;
    if (packet->padding)
        *to = packet->padding;
}

/* One segmented message, packet by packet. */
static void send_apart(struct own *own, int index)
{
    struct iovec whole = own->written[index];
    size_t segment = own->controls[index].bytes;
    own->out[index].msg_hdr.msg_controllen = 0;
    for (size_t at = 0; at < whole.iov_len; at += segment) {
        size_t left = whole.iov_len - at;
        own->written[index] = (struct iovec){(char *)whole.iov_base + at, left < segment ? left : segment};
        if (own->send(own->fd, own->out + index, 1, MSG_DONTWAIT) == 1)
            own->shared.packets_out++;
        else
            own->shared.unreachable++;
    }
}

/* Hand over what is queued, as fanout.py's Fanout.flush does: it never blocks, and counts what the kernel refuses. */
static void flush(struct own *own)
{
    struct express *shared = &own->shared;
    int done = 0;
    while (done < own->queued) {
        int sent = own->send(own->fd, own->out + done, own->queued - done, MSG_DONTWAIT);
        for (int message = 0; message < sent; message++)
            shared->packets_out += own->packets[done + message];
        if (sent > 0) {
            done += sent;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN || errno == ENOBUFS) {
            for (; done < own->queued; done++)
                shared->socket_full += own->packets[done];
            break;
        }
        if (own->packets[done] > 1 && (errno == EIO || errno == EINVAL || errno == EMSGSIZE || errno == EOPNOTSUPP)) {
            /* EIO: the route's device cannot segment, and will not learn it. */
            if (errno == EIO)
                shared->segments = 0;
            send_apart(own, done);
        } else {
            shared->unreachable += own->packets[done];
        }
        done++;
    }
    own->queued = 0;
    own->filled = 0;
}

/* Whether libsrtp took every packet of a run. */
static int protect_all(struct own *own, uintptr_t session, char *run, int segment, int count, const int *sizes)
{
    for (int packet = 0; packet < count; packet++) {
        int size = sizes[packet];
        if (own->protect((void *)session, run + (ptrdiff_t)packet * segment, &size))
            return 0;
    }
    return 1;
}

/* A run of `count` packets, `total` bytes with room for the tags, `segment` bytes apart, plain sizes in `sizes`: a
 * message to each of the outlets. */
static void queue(struct own *own, const struct outlets *to, const char *plain, int total, int segment, int count,
                  const int *sizes)
{
    for (int outlet = 0; outlet < to->count && total <= SLAB_BYTES; outlet++) {
        if (own->filled + total > SLAB_BYTES || own->queued == MESSAGES)
            flush(own);
        char *run = own->slab + own->filled;
        memcpy(run, plain, total);
        if (!protect_all(own, to->sessions[outlet], run, segment, count, sizes)) {
            own->shared.not_protected += count;
            continue;
        }
        int message = own->queued++;
        struct msghdr *header = &own->out[message].msg_hdr;
        header->msg_name = (void *)to->names[outlet];
        header->msg_namelen = to->name_bytes;
        header->msg_controllen = count > 1 ? sizeof(struct segment) : 0;
        own->written[message] = (struct iovec){run, total};
        own->controls[message].bytes = segment;
        own->packets[message] = count;
        own->filled += total;
        own->shared.bytes_out += total;
    }
}

/* The packets to one lane, in runs that a segmented message can carry: equal sizes, only the last one shorter. */
static void send_lane(struct own *own, struct lane *lane, const struct outgoing *packets, int count, double now)
{
    int sizes[SEGMENTS];
    for (int at = 0; at < count;) {
        int run = 0, total = 0, segment = written_bytes(lane, packets + at);
        do {
            int bytes = written_bytes(lane, packets + at);
            if (bytes > segment || total + bytes + lane->tag_bytes > MESSAGE_BYTES)
                break;
            write_packet(lane, packets + at, now, (uint8_t *)own->plain + total);
            sizes[run++] = bytes;
            lane->octets += bytes;
            total += bytes + lane->tag_bytes;
            at++;
        } while (at < count && own->shared.segments && run < SEGMENTS && sizes[run - 1] == segment);
        lane->packets += run;
        queue(own, &lane->to, own->plain, total, segment + lane->tag_bytes, run, sizes);
    }
}

static void send_on(struct own *own, struct shortcut *shortcut, double now)
{
    struct outgoing packets[AT_ONCE];
    struct record *records = shortcut->records + shortcut->recorded - shortcut->batched;
    for (int at = 0; at < shortcut->batched; at++) {
        const uint8_t *head = (const uint8_t *)own->shared.data + shortcut->batch[at] * SLOT_BYTES;
        const uint8_t *payload = (const uint8_t *)own->shared.payloads + records[at].at;
        packets[at] = (struct outgoing){head, payload, records[at].bytes, 0, *payload};
        if (shortcut->drops_picture_id)
            drop_picture_id(packets + at);
    }
    even_out(packets, shortcut->batched);
    for (int at = 0; at < shortcut->batched; at++)
        records[at].padding = packets[at].padding;
    for (int lane = 0; lane < shortcut->lane_count; lane++)
        send_lane(own, shortcut->lanes + lane, packets, shortcut->batched, now);
    shortcut->batched = 0;
}

/* The value of a header extension of one byte and more (RFC 8285 §4.2), `bytes` of it as a number; ABSENT. */
static int32_t extension(const uint8_t *packet, int end, uint8_t id, int bytes)
{
    int at = HEADER_BYTES + 4 * (packet[0] & 0x0F);
    if (!id || !(packet[0] & 0x10))
        return ABSENT;
    for (at += 4; at < end && packet[at] >> 4 != 15;) {
        int next = packet[at] ? at + 2 + (packet[at] & 0x0F) : at + 1;
        if (packet[at] >> 4 == id && next <= end)
            return next - at - 1 == bytes ? bytes == 2 ? read16(packet + at + 1) : packet[at + 1] : ABSENT;
        at = next;
    }
    return ABSENT;
}

/* Remember what Python will have to know of a decrypted packet. */
static void note(struct own *own, struct shortcut *shortcut, const uint8_t *packet, int bytes, int datagram_bytes,
                 double now)
{
    struct express *shared = &own->shared;
    struct record *record = shortcut->records + shortcut->recorded++;
    int start = payload_at(packet, bytes);
    *record = (struct record){
        .arrived = now, .at = shared->recorded_bytes, .bytes = bytes - start,
        .datagram_bytes = datagram_bytes, .sequence_number = read16(packet + 2), .marker = packet[1] >> 7,
        .transport_number = extension(packet, start, shortcut->transport_number_id, 2),
        .level = extension(packet, start, shortcut->level_id, 1), .timestamp = read32(packet + 4)};
    memcpy(shared->payloads + record->at, packet + start, record->bytes);
    shared->recorded_bytes += record->bytes;
    shared->went_on++;
    shared->went_on_bytes += datagram_bytes;
    if (shortcut->recorded > RECORDS - AT_ONCE || shared->recorded_bytes > KEPT_BYTES - AT_ONCE * DATAGRAM_BYTES)
        shared->is_full = 1;
}

/* Let Python look within so long. */
static void tell_within(struct express *shared, long ns)
{
    timerfd_settime(shared->news, 0, &(struct itimerspec){.it_value.tv_nsec = ns}, NULL);
}

/* Take one datagram in; the shortcut by which it goes on. */
static struct shortcut *take_in(struct own *own, int slot, double now)
{
    struct express *shared = &own->shared;
    uint8_t *packet = (uint8_t *)shared->data + slot * SLOT_BYTES;
    int bytes = own->in[slot].msg_len, datagram_bytes = bytes;
    struct shortcut *shortcut = shortcut_of(own, packet, bytes, shared->names + slot * NAME_BYTES);
    if (!shortcut || !is_plain(shortcut, packet, bytes)) {
        /* What comes after it may have to be numbered differently. */
        if (shortcut)
            shortcut->is_suspended = 1;
        shared->slots[shared->for_python] = slot;
        shared->bytes[shared->for_python++] = bytes;
        return NULL;
    }
    if (own->unprotect((void *)shortcut->session, packet, &bytes)) {
        shared->not_authentic++;
        return NULL;
    }
    uint16_t number = read16(packet + 2);
    /* What is missing is asked for at once. */
    if ((uint16_t)(number - shortcut->newest) != 1)
        shared->is_due = shortcut->is_due = 1;
    if (shortcut->is_awaited) {
        shortcut->is_due = 1;
        if (!shared->is_awaited)
            tell_within(shared, AWAITED_NS);
        shared->is_awaited = 1;
    }
    shortcut->newest = number;
    note(own, shortcut, packet, bytes, datagram_bytes, now);
    shortcut->batch[shortcut->batched++] = slot;
    return shortcut;
}

/* Read up to AT_ONCE datagrams and send on those that have a shortcut; how many were read, or -errno. ENOBUFS: Python
 * has to look first. */
int express_take(struct express *express, double now)
{
    struct own *own = (struct own *)express;
    if (express->for_python || express->is_full)
        return -ENOBUFS;
    int count = recvmmsg(own->fd, own->in, AT_ONCE, MSG_DONTWAIT, NULL);
    if (count < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    struct shortcut *touched = NULL;
    for (int slot = 0; slot < count; slot++) {
        struct shortcut *shortcut = take_in(own, slot, now);
        if (shortcut && shortcut->batched == 1) {
            shortcut->touched = touched;
            touched = shortcut;
        }
    }
    for (; touched; touched = touched->touched)
        send_on(own, touched, now);
    flush(own);
    express->is_due |= express->is_full;
    express->datagrams += count;
    return count;
}

/* The same for an event loop that calls it when there is something to read, without Python in between; that Python has
 * to look is told by `news`. */
void express_wake(struct express *express)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int count = express_take(express, now.tv_sec + now.tv_nsec / 1e9);
    if (count < 0 || express->for_python || express->is_due)
        tell_within(express, 1);
}

/* What Python has written itself, to leave by express_flush or sooner. The addresses stay its until then. */
void express_queue(struct express *express, const struct outlets *to, const char *plain, int total, int segment,
                   int count, const int *sizes)
{
    queue((struct own *)express, to, plain, total, segment, count, sizes);
}

void express_flush(struct express *express) { flush((struct own *)express); }
