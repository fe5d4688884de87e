#include "lib/sandbox/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <seccomp.h>

#include "lib/base/json.h"

/* Where a rule goes: a call, what it answers, and what its arguments must be for that. */
struct to {
	int (*add)(void *ctx, int error, int call, unsigned n, const struct scmp_arg_cmp *args);
	void *ctx;
};

/* an int argument is compared by its low word only: the kernel ignores what stands above it */
#define LOW_IS(arg, v) SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, 0xffffffffu, (v))
#define HAS_BIT(arg, bit) SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, (bit), (bit))

static const int denied[] = {
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(umount),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount),
	SCMP_SYS(fspick),
	SCMP_SYS(move_mount),
	SCMP_SYS(open_tree),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(create_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(reboot),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(syslog),
	SCMP_SYS(name_to_handle_at),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(sethostname),
	SCMP_SYS(setdomainname),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(clock_adjtime),
	SCMP_SYS(adjtimex),
	SCMP_SYS(stime),
	SCMP_SYS(acct),
	SCMP_SYS(quotactl),
	SCMP_SYS(quotactl_fd),
	SCMP_SYS(lookup_dcookie),
	SCMP_SYS(nfsservctl),
	SCMP_SYS(vhangup),
	SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
	SCMP_SYS(uselib),
	SCMP_SYS(ustat),
	SCMP_SYS(sysfs),
	467 /* open_tree_attr, Linux 6.15; the number is the same on every architecture */,
};

/* Callers know how to do without these: glibc falls back from clone3 to clone (whose flags a filter
 * can see), libuv from io_uring to its threads, openat2 (flags in memory) to openat. */
static const int absent[] = {
	SCMP_SYS(clone3),         SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
	SCMP_SYS(openat2),        452 /* fchmodat2, Linux 6.6 */,
};

/* not CLONE_NEWTIME: clone takes that bit for the exit signal, only clone3 and unshare know it */
static const unsigned long namespaces[] = {
	CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
	CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET,
};

static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

/* calls that make or change a file, and which argument is its mode */
static const struct {
	int call;
	unsigned mode, flags; /* flags 0: no O_CREAT to look for (argument 0 is never flags) */
} modes[] = {
	{SCMP_SYS(chmod), 1, 0}, {SCMP_SYS(fchmod), 1, 0},  {SCMP_SYS(fchmodat), 2, 0},
	{SCMP_SYS(mknod), 1, 0}, {SCMP_SYS(mknodat), 2, 0}, {SCMP_SYS(creat), 1, 0},
	{SCMP_SYS(open), 2, 1},  {SCMP_SYS(openat), 3, 2},
};

static int rule(int worst, int e)
{
	return worst ? worst : e;
}

static int deny(const struct to *to, int call, unsigned n, struct scmp_arg_cmp a,
                struct scmp_arg_cmp b)
{
	const struct scmp_arg_cmp args[] = {a, b};

	return to->add(to->ctx, EPERM, call, n, args);
}

static int deny_calls(const struct to *to)
{
	const struct scmp_arg_cmp none = {0};
	int e = 0;

	for (size_t i = 0; i < GP_COUNT(denied); i++)
		e = rule(e, deny(to, denied[i], 0, none, none));
	for (size_t i = 0; i < GP_COUNT(absent); i++)
		e = rule(e, to->add(to->ctx, ENOSYS, absent[i], 0, NULL));
	for (size_t i = 0; i < GP_COUNT(namespaces); i++)
		e = rule(e, deny(to, SCMP_SYS(clone), 1, HAS_BIT(0, namespaces[i]), none));
	/* faking input on a terminal (CVE-2017-5226; 64-bit form CVE-2019-10063) */
	e = rule(e, deny(to, SCMP_SYS(ioctl), 1, LOW_IS(1, TIOCSTI), none));
	return rule(e, deny(to, SCMP_SYS(ioctl), 1, LOW_IS(1, TIOCLINUX), none));
}

static bool allowed_family(int family)
{
	for (size_t i = 0; i < GP_COUNT(families); i++)
		if (families[i] == family)
			return true;
	return false;
}

static int deny_sockets(const struct to *to)
{
	const struct scmp_arg_cmp none = {0};
	int e = 0;

	/* the kernel itself knows no family above 63 */
	for (unsigned family = 0; family < 64; family++)
		if (!allowed_family((int)family))
			e = rule(e, deny(to, SCMP_SYS(socket), 1, LOW_IS(0, family), none));
	/* of netlink only the listing of interfaces, which getifaddrs needs */
	for (unsigned protocol = 1; protocol < MAX_LINKS; protocol++)
		if (protocol != NETLINK_ROUTE)
			e = rule(e, deny(to, SCMP_SYS(socket), 2, LOW_IS(0, AF_NETLINK),
			                 LOW_IS(2, protocol)));
	/* an engine may let every group send echo requests */
	e = rule(e, deny(to, SCMP_SYS(socket), 2, LOW_IS(0, AF_INET), LOW_IS(2, IPPROTO_ICMP)));
	return rule(e,
	            deny(to, SCMP_SYS(socket), 2, LOW_IS(0, AF_INET6), LOW_IS(2, IPPROTO_ICMPV6)));
}

static int deny_modes(const struct to *to)
{
	static const unsigned bits[] = {S_ISUID, S_ISGID};
	static const unsigned devices[] = {S_IFCHR, S_IFBLK};
	const struct scmp_arg_cmp none = {0};
	int e = 0;

	for (size_t i = 0; i < GP_COUNT(modes); i++)
		for (size_t b = 0; b < GP_COUNT(bits); b++)
			e = rule(e, deny(to, modes[i].call, modes[i].flags ? 2 : 1,
			                 HAS_BIT(modes[i].mode, bits[b]),
			                 HAS_BIT(modes[i].flags, O_CREAT)));
	for (size_t i = 0; i < GP_COUNT(devices); i++) {
		e = rule(e, deny(to, SCMP_SYS(mknod), 1,
		                 SCMP_A1_64(SCMP_CMP_MASKED_EQ, S_IFMT, devices[i]), none));
		e = rule(e, deny(to, SCMP_SYS(mknodat), 1,
		                 SCMP_A2_64(SCMP_CMP_MASKED_EQ, S_IFMT, devices[i]), none));
	}
	return e;
}

static int deny_all(const struct to *to)
{
	return rule(deny_calls(to), rule(deny_sockets(to), deny_modes(to)));
}

static int export_filter(struct gp_buf *out, scmp_filter_ctx f)
{
	gp_auto_fd int fd = gp_edge("memfd") ? -1 : memfd_create("seccomp", MFD_CLOEXEC);
	struct stat st;
	char *to;

	if (fd < 0 || seccomp_export_bpf(f, fd) || fstat(fd, &st))
		return gp_fail_errno(GP_FAILED, "cannot export the system call filter");
	to = gp_buf_room(out, (size_t)st.st_size);
	if (!to || pread(fd, to, (size_t)st.st_size, 0) != st.st_size)
		return gp_fail(GP_FAILED, "cannot read the system call filter");
	out->n += (size_t)st.st_size;
	out->p[out->n] = 0;
	return 0;
}

static int add_to_filter(void *ctx, int error, int call, unsigned n,
                         const struct scmp_arg_cmp *args)
{
	return seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO((unsigned)error), call, n, args);
}

int gp_seccomp_build(struct gp_buf *out)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	const struct to to = {add_to_filter, f};
	int e;

	if (!f)
		return gp_fail(GP_FAILED, "cannot make a system call filter");
	/* any other call convention (32-bit, x32) would walk round the rules: it is killed */
	e = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!e)
		e = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!e)
		e = deny_all(&to);
	e = e ? gp_fail(GP_FAILED, "cannot build the system call filter: %s", strerror(-e))
	      : export_filter(out, f);
	seccomp_release(f);
	return e;
}

/* Calls newer than the library that names them. */
static char *name_of(int call)
{
	return call == 467   ? gp_strdup("open_tree_attr")
	       : call == 452 ? gp_strdup("fchmodat2")
	                     : seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);
}

static void put_argument(struct cJSON *list, const struct scmp_arg_cmp *a)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_int(j, "index", a->arg);
	gp_json_put_int(j, "value", (long long)a->datum_a);
	gp_json_put_int(j, "valueTwo", (long long)a->datum_b);
	gp_json_put_str(j, "op", "SCMP_CMP_MASKED_EQ");
	gp_json_push(list, j);
}

static int add_to_profile(void *ctx, int error, int call, unsigned n,
                          const struct scmp_arg_cmp *args)
{
	char *name = name_of(call);
	struct cJSON *j, *names, *list;

	/* one that this architecture does not have */
	if (!name)
		return 0;
	j = gp_json_object();
	names = gp_json_array();
	list = gp_json_array();
	gp_json_push_str(names, name);
	free(name);
	for (unsigned i = 0; i < n; i++)
		put_argument(list, &args[i]);
	gp_json_put(j, "names", names);
	gp_json_put_str(j, "action", "SCMP_ACT_ERRNO");
	gp_json_put_int(j, "errnoRet", error);
	gp_json_put(j, "args", list);
	gp_json_push(ctx, j);
	return 0;
}

void gp_seccomp_profile(struct gp_buf *out)
{
	gp_auto_json struct cJSON *j = gp_json_object();
	struct cJSON *calls = gp_json_array();
	const struct to to = {add_to_profile, calls};

	deny_all(&to);
	gp_json_put_str(j, "defaultAction", "SCMP_ACT_ALLOW");
	gp_json_put(j, "syscalls", calls);
	gp_json_print(out, j);
}
