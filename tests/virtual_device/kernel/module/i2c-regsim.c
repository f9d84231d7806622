// SPDX-License-Identifier: GPL-2.0
/*
 * An I2C adapter, number 1, with two MPU-6050 on it, for testing drivers in user space against a real /dev/i2c-1.
 *
 * Each chip is 256 registers with an auto-incrementing pointer, a FIFO of 1024 bytes behind register 0x74, its count in
 * 0x72 and 0x73, and the overflow flag in 0x3A (RM-MPU-6000A-00 rev. 4.2). Nobody measures anything here: samples of
 * twelve bytes are written into /sys/kernel/debug/i2c-regsim/0x68, and are taken while the chip is awake and its FIFO on.
 *
 * Faults, in /sys/module/i2c_regsim/parameters: fail_addr (0: every one, the bus hangs) answers with fail_errno for
 * fail_count transfers (0: for ever);
 * delay_us is how long every transfer takes.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/i2c.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#define CHIPS 2
#define FIFO 1024
#define SAMPLE 12
#define USER_CTRL 0x6A
#define FIFO_EN 0x23
#define INT_STATUS 0x3A
#define PWR_MGMT_1 0x6B
#define FIFO_COUNT_H 0x72
#define FIFO_COUNT_L 0x73
#define FIFO_R_W 0x74
#define WHO_AM_I 0x75

static const unsigned short address[CHIPS] = { 0x68, 0x69 };
static int fail_addr = -1, fail_errno = 121, fail_count, delay_us;
module_param(fail_addr, int, 0644);
module_param(fail_errno, int, 0644);
module_param(fail_count, int, 0644);
module_param(delay_us, int, 0644);

static struct chip {
	u8 reg[256], fifo[FIFO], pointer;
	unsigned int from, count, held;
} chips[CHIPS];
static DEFINE_MUTEX(lock);
static struct dentry *dir;

static void power_up(struct chip *c)
{
	memset(c, 0, sizeof(*c));
	c->reg[WHO_AM_I] = 0x68;
	c->reg[PWR_MGMT_1] = 0x40;
}

static void push(struct chip *c, const u8 *sample)
{
	int i;

	memcpy(c->reg + 0x3B, sample, 6);
	memcpy(c->reg + 0x43, sample + 6, 6);
	if (!(c->reg[USER_CTRL] & 0x40) || c->reg[FIFO_EN] != 0x78)
		return;
	for (i = 0; i < SAMPLE; i++) {
		if (c->count == FIFO) {
			c->reg[INT_STATUS] |= 0x10;
			c->from = (c->from + 1) % FIFO;
			c->count--;
		}
		c->fifo[(c->from + c->count++) % FIFO] = sample[i];
	}
}

static u8 fetch(struct chip *c)
{
	u8 at = c->pointer, value;

	if (at == FIFO_R_W) {		/* the pointer stays */
		if (!c->count)
			return 0xFF;
		value = c->fifo[c->from];
		c->from = (c->from + 1) % FIFO;
		c->count--;
		return value;
	}
	c->pointer++;
	if (at == FIFO_COUNT_H) {	/* both bytes are held when the high one is read */
		c->held = c->count;
		return c->held >> 8;
	}
	if (at == FIFO_COUNT_L)
		return c->held & 0xFF;
	value = c->reg[at];
	if (at == INT_STATUS)
		c->reg[at] = 0;
	return value;
}

static void store(struct chip *c, u8 value)
{
	u8 at = c->pointer++;

	if (at == PWR_MGMT_1 && (value & 0x80)) {
		power_up(c);
	} else if (at == USER_CTRL) {
		if ((value & 0x04) && !(c->reg[USER_CTRL] & 0x40)) {
			c->from = c->count = 0;
			c->reg[INT_STATUS] &= ~0x10;
		}
		c->reg[USER_CTRL] = value & ~0x04;
	} else if (at != WHO_AM_I && at != FIFO_COUNT_H && at != FIFO_COUNT_L) {
		c->reg[at] = value;
	}
}

static int one(struct i2c_msg *m)
{
	struct chip *c = NULL;
	int i;

	for (i = 0; i < CHIPS; i++)
		if (address[i] == m->addr)
			c = &chips[i];
	if (fail_addr == m->addr || !fail_addr) {
		if (fail_count && !--fail_count)
			fail_addr = -1;
		return -fail_errno;
	}
	if (!c)
		return -EREMOTEIO;	/* what a Pi's adapter says when nobody answers */
	mutex_lock(&lock);
	for (i = 0; i < m->len; i++) {
		if (m->flags & I2C_M_RD)
			m->buf[i] = fetch(c);
		else if (i == 0)
			c->pointer = m->buf[0];
		else
			store(c, m->buf[i]);
	}
	mutex_unlock(&lock);
	return 0;
}

static int xfer(struct i2c_adapter *adapter, struct i2c_msg *m, int num)
{
	int i, status;

	if (delay_us)
		usleep_range(delay_us, delay_us + 50);
	for (i = 0; i < num; i++) {
		status = one(&m[i]);
		if (status)
			return status;
	}
	return num;
}

static u32 functionality(struct i2c_adapter *adapter)
{
	return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
}

static const struct i2c_algorithm algorithm = { .master_xfer = xfer, .functionality = functionality };
static struct i2c_adapter adapter = { .owner = THIS_MODULE, .name = "regsim", .algo = &algorithm, .nr = 1 };

static ssize_t feed(struct file *file, const char __user *from, size_t size, loff_t *offset)
{
	struct chip *c = file->private_data;
	u8 sample[SAMPLE];
	size_t done;

	if (size % SAMPLE)
		return -EINVAL;
	mutex_lock(&lock);
	for (done = 0; done < size; done += SAMPLE) {
		if (copy_from_user(sample, from + done, SAMPLE))
			break;
		if (!(c->reg[PWR_MGMT_1] & 0x40))	/* asleep it measures nothing */
			push(c, sample);
	}
	mutex_unlock(&lock);
	return done;
}

static const struct file_operations feeding = { .owner = THIS_MODULE, .open = simple_open, .write = feed };

static int __init regsim_init(void)
{
	char name[8];
	int i, status;

	dir = debugfs_create_dir("i2c-regsim", NULL);
	for (i = 0; i < CHIPS; i++) {
		power_up(&chips[i]);
		snprintf(name, sizeof(name), "0x%02x", address[i]);
		debugfs_create_file(name, 0200, dir, &chips[i], &feeding);
	}
	status = i2c_add_numbered_adapter(&adapter);
	if (status)
		debugfs_remove_recursive(dir);
	return status;
}

static void __exit regsim_exit(void)
{
	i2c_del_adapter(&adapter);
	debugfs_remove_recursive(dir);
}

module_init(regsim_init);
module_exit(regsim_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("I2C adapter with two simulated motion sensors and faults");
