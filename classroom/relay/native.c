/* The innermost loop of fanout.py: the same packets, encrypted in place for each receiver, and the messages that send them. */

#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

struct segment { size_t cmsg_len; int cmsg_level; int cmsg_type; uint16_t bytes; uint8_t padding[6]; };

/* A run of `count` packets, `total` bytes with room for the tags, `segment` bytes apart, plain sizes in `sizes`. It goes
 * to as many of the outlets as the slab has `room` for and there are `most` messages; how many those were. The messages
 * lie in order from the first on, without the outlets that libsrtp refused, whose number is added to *refused. */
int fan(int (*protect)(void *, void *, int *), char *slab, size_t room, struct mmsghdr *messages, struct iovec *iovecs,
        struct segment *controls, int most, void *const *sessions, void *const *names, unsigned int name_bytes,
        int outlets, const char *plain, int total, int segment, int count, const int *sizes, int *refused)
{
    int message = 0, outlet = 0;
    for (; outlet < outlets && message < most && room >= (size_t)total; outlet++) {
        int failed = 0;
        memcpy(slab, plain, total);
        for (int packet = 0; packet < count && !failed; packet++) {
            int size = sizes[packet];
            failed = protect(sessions[outlet], slab + (ptrdiff_t)packet * segment, &size);
        }
        if (failed) {
            ++*refused;
            continue;
        }
        iovecs[message].iov_base = slab;
        iovecs[message].iov_len = total;
        messages[message].msg_hdr.msg_name = names[outlet];
        messages[message].msg_hdr.msg_namelen = name_bytes;
        messages[message].msg_hdr.msg_controllen = count > 1 ? sizeof(struct segment) : 0;
        controls[message].bytes = segment;
        slab += total;
        room -= total;
        message++;
    }
    return outlet;
}
