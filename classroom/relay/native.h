/* What native.c shares with Python. cffi reads this file as well, which is why it holds no directives. */

enum {
    AT_ONCE = 64,           /* datagrams that one recvmmsg reads */
    RECORDS = 256,          /* packets of one source that Python has not heard of yet: 50 ms of 50 Mbit/s */
    KEPT_BYTES = 1 << 20,   /* the payloads of all sources: 50 ms of forty lessons */
    SLOT_BYTES = 1504,      /* one byte more than an Ethernet frame carries tells that a datagram is larger */
    DATAGRAM_BYTES = 1500,
    NAME_BYTES = 32,
    COMPARED_BYTES = 24,    /* of a socket address: family, port and IP address lie within them */
    MOST_AHEAD = 256,       /* by which a sequence number may be ahead of the last one without being looked at */
    ABSENT = -1,
    AWAITED_NS = 20000000   /* for how long those whom Python serves may have to wait */
};

/* Receivers of the same bytes: libsrtp's outgoing sessions, and socket addresses of `name_bytes` each. */
struct outlets {
    int count;
    unsigned int name_bytes;
    uintptr_t *sessions, *names;
};

/* The same as `Lane` has them; the offsets are to the publisher's own numbers. */
struct lane {
    uint32_t ssrc, timestamp_offset;
    uint16_t sequence_offset;
    uint8_t payload_type, abs_send_time, tag_bytes;
    struct outlets to;
    uint64_t packets, octets;   /* sent to each of them, in plain */
};

/* A packet that went on: where in `payloads` its payload lies, what its header said, and how much padding was put
 * behind it. Numbers that the header lacks are ABSENT. */
struct record {
    double arrived;
    int32_t at, bytes, datagram_bytes, padding, sequence_number, marker, transport_number, level;
    uint32_t timestamp;
};

/* A source whose packets all go the same way: to these lanes, and, when it `is_awaited`, to some that Python serves.
 * `recorded` packets went on since Python last looked; `is_due` says that it should with its next look. */
struct shortcut {
    struct shortcut *next, *touched;
    uintptr_t session;      /* libsrtp's incoming one */
    uint32_t ssrc;
    char name[COMPARED_BYTES];
    uint16_t newest;
    uint8_t payload_type, tag_bytes, drops_picture_id, is_awaited, is_due, is_suspended;
    uint8_t transport_number_id, level_id;  /* of header extensions, 0 for none */
    int lane_count;
    struct lane *lanes;
    int batched, recorded;
    int batch[AT_ONCE];     /* slots; their records are the last ones */
    struct record records[RECORDS];
};

/* `for_python` datagrams are Python's to decide on, their slots, sizes and senders; nothing is read before it has.
 * `is_due` says that it should look now at some of what went on, `is_full` that it must at all of it, and `is_awaited`
 * that somebody waits for some. `news` is a timer (timerfd) that expires when it should look; its owner closes it. The
 * rest are counters, of which the last four are Python's to reset. */
struct express {
    int for_python, recorded_bytes, is_due, is_full, is_awaited, segments, news;
    int slots[AT_ONCE], bytes[AT_ONCE];
    char data[AT_ONCE * SLOT_BYTES], names[AT_ONCE * NAME_BYTES];
    char payloads[KEPT_BYTES];
    uint64_t datagrams, went_on, went_on_bytes, packets_out, bytes_out;
    uint64_t not_protected, not_authentic, socket_full, unreachable;
};

/* `protect` and `unprotect` are libsrtp's; `send` is called in place of sendmmsg, unless it is 0. */
struct express *express_open(int fd, uintptr_t protect, uintptr_t unprotect, uintptr_t send, int segments);
void express_close(struct express *express);
void express_add(struct express *express, struct shortcut *shortcut);
void express_remove(struct express *express, struct shortcut *shortcut);
int express_take(struct express *express, double now);
void express_wake(struct express *express);
void express_queue(struct express *express, const struct outlets *to, const char *plain, int total, int segment,
                   int count, const int *sizes);
void express_flush(struct express *express);
