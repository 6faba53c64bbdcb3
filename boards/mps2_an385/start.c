// Starts our frozen program where MicroPython would start its prompt, and does for Python what Python would do too
// slowly: the UARTs' reception by interrupt, sleep, and byte work on buffers (module mps2).
//
// MicroPython's source stays as it is: the linker's --wrap=pyexec_friendly_repl leads here, and the vector table is
// moved to a copy of ours. Each UART's receiver fills a ring; a full ring closes its receiver until it is read, so
// that the sender is held back. The rings lie outside MicroPython's heap.
//
// Start record, where a loader puts it (for an emulator: -device loader), see start.py:
//   word 0 "V2GS", word 1 length of the text, word 2 exit status (all ones = none yet), then the text.

#include <string.h>

#include "py/pystack.h"
#include "py/runtime.h"
#include "shared/runtime/pyexec.h"
#include "lib/uzlib/uzlib.h"

#define WORD(address) (*(volatile uint32_t *)(address))

#define NVIC_ENABLE WORD(0xe000e100)
#define NVIC_DISABLE WORD(0xe000e180)
#define VECTORS WORD(0xe000ed08)
#define FIRST_IRQ 16
#define IRQS 32

#define TIMER_CONTROL WORD(0x40000000)
#define TIMER_VALUE WORD(0x40000004)
#define TIMER_RELOAD WORD(0x40000008)
#define TIMER_INTERRUPT WORD(0x4000000c)
#define TIMER_IRQ 8
#define TIMER_ON 9 // enabled, with interrupt
#define CLOCKS_A_MS 25000
#define NEVER 0x3fffffff // the interrupt stops the timer long before

#define UARTS 5
#define RING 1024 // a power of two
#define RX_FULL 2
#define TX_FULL 1
#define RX_INTERRUPT 2
#define UART_ON 0x0b // transmitter, receiver, interrupt on reception
#define LEAST_DIVISOR 16
#define CLOCK_HZ 25000000

#define PYSTACK 8192 // bytes for the frames of Python functions: taken from the heap they would cost a search each

#define RECORD 0x21000000
#define RECORD_MAGIC WORD(RECORD)
#define RECORD_STATUS WORD(RECORD + 8)
#define MAGIC 0x53473256
#define NO_STATUS 0xffffffff
#define DIED 70 // the program ended by an exception that nobody caught

#define SYS_EXIT_EXTENDED 0x20
#define APPLICATION_EXIT 0x20026

typedef struct { // Arm DDI 0479, APB UART
    volatile uint32_t data, state, control, interrupt, divisor;
} uart_t;

typedef struct {
    volatile uint32_t head, tail; // free-running; the interrupt moves head, Python moves tail
    uint32_t wants; // bytes that are worth waking for
    uint8_t bytes[RING];
} ring_t;

static uart_t *const uarts[UARTS] = {(uart_t *)0x40004000, (uart_t *)0x40005000, (uart_t *)0x40006000,
    (uart_t *)0x40007000, (uart_t *)0x40009000};
static const uint8_t irqs[UARTS] = {0, 2, 4, 18, 20};
static ring_t rings[UARTS];
static volatile bool expired;
static uint8_t pystack[PYSTACK] __attribute__((aligned(8)));
static uint32_t vectors[FIRST_IRQ + IRQS] __attribute__((aligned(256)));

extern const uint32_t isr_vector[]; // MicroPython's
int __real_pyexec_friendly_repl(void);
int __wrap_pyexec_friendly_repl(void);

static void leave(uint32_t status) {
    volatile uint32_t block[2] = {APPLICATION_EXIT, status};
    register uint32_t call __asm("r0") = SYS_EXIT_EXTENDED;
    register volatile uint32_t *argument __asm("r1") = block;
    __asm volatile ("bkpt 0xab" : "+r" (call) : "r" (argument) : "memory");
}

static void timer_interrupt(void) {
    TIMER_CONTROL = 0;
    TIMER_INTERRUPT = 1;
    expired = true;
}

static void uart_interrupt(void) {
    uint32_t number;
    __asm volatile ("mrs %0, ipsr" : "=r" (number));
    int i = 0;
    while (irqs[i] != number - FIRST_IRQ) {
        i++;
    }
    uart_t *uart = uarts[i];
    ring_t *ring = &rings[i];
    uart->interrupt = RX_INTERRUPT;
    while (uart->state & RX_FULL) {
        if (ring->head - ring->tail == RING) {
            NVIC_DISABLE = 1u << irqs[i];
            return;
        }
        ring->bytes[ring->head % RING] = uart->data;
        ring->head++;
    }
}

static void take_interrupts(void) {
    memcpy(vectors, isr_vector, FIRST_IRQ * sizeof vectors[0]);
    for (int i = 0; i < UARTS; i++) {
        vectors[FIRST_IRQ + irqs[i]] = (uint32_t)uart_interrupt;
    }
    vectors[FIRST_IRQ + TIMER_IRQ] = (uint32_t)timer_interrupt;
    VECTORS = (uint32_t)vectors;
    TIMER_RELOAD = NEVER;
    NVIC_ENABLE = 1u << TIMER_IRQ;
}

int __wrap_pyexec_friendly_repl(void) {
    static bool started;
    if (!started) {
        started = true;
        mp_pystack_init(pystack, pystack + sizeof pystack);
        take_interrupts();
        pyexec_frozen_module("boards/mps2_an385/start.py", true);
        if (RECORD_MAGIC == MAGIC) {
            leave(RECORD_STATUS == NO_STATUS ? DIED : RECORD_STATUS);
        }
    }
    return __real_pyexec_friendly_repl();
}

static int line_of(mp_obj_t number) {
    mp_int_t i = mp_obj_get_int(number);
    if (i < 0 || i >= UARTS) {
        mp_raise_ValueError(MP_ERROR_TEXT("no such UART"));
    }
    return i;
}

// The bytes [start, end) of a buffer; ValueError where it has none.
static uint8_t *part(mp_obj_t buffer, mp_int_t start, mp_int_t end, int how) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(buffer, &info, how);
    if (start < 0 || end < start || (mp_uint_t)end > info.len) {
        mp_raise_ValueError(MP_ERROR_TEXT("outside the buffer"));
    }
    return (uint8_t *)info.buf + start;
}

// open(uart, baud): receive into the ring from now on.
static mp_obj_t mps2_open(mp_obj_t number, mp_obj_t baud) {
    int i = line_of(number);
    mp_int_t divisor = CLOCK_HZ / mp_obj_get_int(baud);
    uarts[i]->divisor = divisor < LEAST_DIVISOR ? LEAST_DIVISOR : divisor;
    uarts[i]->control = UART_ON;
    rings[i].head = rings[i].tail = 0;
    rings[i].wants = 1;
    NVIC_ENABLE = 1u << irqs[i];
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(mps2_open_obj, mps2_open);

// available(uart) -> bytes in the ring.
static mp_obj_t mps2_available(mp_obj_t number) {
    ring_t *ring = &rings[line_of(number)];
    return MP_OBJ_NEW_SMALL_INT(ring->head - ring->tail);
}
static MP_DEFINE_CONST_FUN_OBJ_1(mps2_available_obj, mps2_available);

// want(uart, n): fewer bytes than n in the ring do not end a sleep.
static mp_obj_t mps2_want(mp_obj_t number, mp_obj_t n) {
    mp_int_t wants = mp_obj_get_int(n);
    rings[line_of(number)].wants = wants < 1 ? 1 : wants > RING ? RING : wants;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(mps2_want_obj, mps2_want);

// read(uart, buf, at, limit) -> the position behind the last byte moved from the ring into buf[at:limit].
static mp_obj_t mps2_read(size_t count, const mp_obj_t *args) {
    int i = line_of(args[0]);
    mp_int_t at = mp_obj_get_int(args[2]);
    mp_int_t limit = mp_obj_get_int(args[3]);
    uint8_t *to = part(args[1], at, limit, MP_BUFFER_WRITE);
    ring_t *ring = &rings[i];
    while (at < limit && ring->tail != ring->head) {
        *to++ = ring->bytes[ring->tail % RING];
        ring->tail++;
        at++;
    }
    NVIC_ENABLE = 1u << irqs[i];
    return MP_OBJ_NEW_SMALL_INT(at);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(mps2_read_obj, 4, 4, mps2_read);

// write(uart, buf, start, n) -> bytes that the transmitter took.
static mp_obj_t mps2_write(size_t count, const mp_obj_t *args) {
    uart_t *uart = uarts[line_of(args[0])];
    mp_int_t start = mp_obj_get_int(args[2]);
    mp_int_t n = mp_obj_get_int(args[3]);
    const uint8_t *from = part(args[1], start, start + n, MP_BUFFER_READ);
    mp_int_t sent = 0;
    while (sent < n && !(uart->state & TX_FULL)) {
        uart->data = from[sent++];
    }
    return MP_OBJ_NEW_SMALL_INT(sent);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(mps2_write_obj, 4, 4, mps2_write);

// move(to, at, from, start, n): to[at:at+n] = from[start:start+n], without a slice.
static mp_obj_t mps2_move(size_t count, const mp_obj_t *args) {
    mp_int_t at = mp_obj_get_int(args[1]);
    mp_int_t start = mp_obj_get_int(args[3]);
    mp_int_t n = mp_obj_get_int(args[4]);
    const uint8_t *from = part(args[2], start, start + n, MP_BUFFER_READ);
    memmove(part(args[0], at, at + n, MP_BUFFER_WRITE), from, n);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(mps2_move_obj, 5, 5, mps2_move);

// check(buf, start, end) -> low half of the CRC-32 of buf[start:end].
static mp_obj_t mps2_check(mp_obj_t buffer, mp_obj_t start_in, mp_obj_t end_in) {
    mp_int_t start = mp_obj_get_int(start_in);
    mp_int_t end = mp_obj_get_int(end_in);
    uint32_t crc = uzlib_crc32(part(buffer, start, end, MP_BUFFER_READ), end - start, 0xffffffff);
    return MP_OBJ_NEW_SMALL_INT(~crc & 0xffff);
}
static MP_DEFINE_CONST_FUN_OBJ_3(mps2_check_obj, mps2_check);

// alarm(ms): sleep() ends in `ms` milliseconds from now, 1 at least.
static mp_obj_t mps2_alarm(mp_obj_t ms) {
    TIMER_CONTROL = 0;
    TIMER_INTERRUPT = 1;
    expired = false;
    TIMER_VALUE = mp_obj_get_int(ms) * CLOCKS_A_MS;
    TIMER_CONTROL = TIMER_ON;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(mps2_alarm_obj, mps2_alarm);

static bool any_wanted(void) {
    for (int i = 0; i < UARTS; i++) {
        if (rings[i].wants && rings[i].head - rings[i].tail >= rings[i].wants) {
            return true;
        }
    }
    return false;
}

// sleep() -> True when a line has what it wants, False when the alarm has come.
static mp_obj_t mps2_sleep(void) {
    bool found = false;
    for (;;) {
        __asm volatile ("cpsid i" ::: "memory");
        found = any_wanted();
        if (found || expired) {
            break;
        }
        __asm volatile ("dsb\n\twfi\n\tcpsie i\n\tisb" ::: "memory");
    }
    __asm volatile ("cpsie i" ::: "memory");
    return mp_obj_new_bool(found);
}
static MP_DEFINE_CONST_FUN_OBJ_0(mps2_sleep_obj, mps2_sleep);

// firmware/image.py's Signal in one block of the heap instead of three: the same attributes, the same methods. A kind
// without a quality or a time of its own reads GOOD and 0, as there.

#define LEASE 2 // kinds up to this one start without a value; kinds and qualities as in firmware/image.py
#define INVALID 0
#define GOOD 2

typedef struct {
    mp_obj_base_t base;
    mp_obj_t value, time;
    uint32_t age_quality; // max_age_ms, below 2^30, above two bits of quality
} signal_t;

static mp_obj_t signal_make(const mp_obj_type_t *type, size_t count, size_t keys, const mp_obj_t *args) {
    mp_arg_check_num(count, keys, 1, 2, false);
    mp_int_t kind = mp_obj_get_int(args[0]);
    mp_int_t age = count > 1 ? mp_obj_get_int(args[1]) : 0;
    signal_t *self = mp_obj_malloc(signal_t, type);
    self->value = self->time = MP_OBJ_NEW_SMALL_INT(0);
    self->age_quality = (uint32_t)age << 2 | (kind <= LEASE ? INVALID : GOOD);
    return MP_OBJ_FROM_PTR(self);
}

// put(value, now): a new sample, order or lease at tick `now`.
static mp_obj_t signal_put(mp_obj_t self_in, mp_obj_t value, mp_obj_t now) {
    signal_t *self = MP_OBJ_TO_PTR(self_in);
    self->value = value;
    self->time = now;
    self->age_quality = (self->age_quality & ~3u) | GOOD;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(signal_put_obj, signal_put);

// fail(): the last value is worth nothing.
static mp_obj_t signal_fail(mp_obj_t self_in) {
    signal_t *self = MP_OBJ_TO_PTR(self_in);
    self->age_quality = (self->age_quality & ~3u) | INVALID;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(signal_fail_obj, signal_fail);

static void signal_load(signal_t *self, qstr name, mp_obj_t *found) {
    if (name == MP_QSTR_value) {
        found[0] = self->value;
    } else if (name == MP_QSTR_quality) {
        found[0] = MP_OBJ_NEW_SMALL_INT(self->age_quality & 3);
    } else if (name == MP_QSTR_time) {
        found[0] = self->time;
    } else if (name == MP_QSTR_max_age_ms) {
        found[0] = MP_OBJ_NEW_SMALL_INT(self->age_quality >> 2);
    } else if (name == MP_QSTR_put || name == MP_QSTR_fail) {
        found[0] = name == MP_QSTR_put ? MP_OBJ_FROM_PTR(&signal_put_obj) : MP_OBJ_FROM_PTR(&signal_fail_obj);
        found[1] = MP_OBJ_FROM_PTR(self);
    }
}

static void signal_attr(mp_obj_t self_in, qstr name, mp_obj_t *there) {
    signal_t *self = MP_OBJ_TO_PTR(self_in);
    if (there[0] == MP_OBJ_NULL) {
        signal_load(self, name, there);
        return;
    }
    if (there[1] == MP_OBJ_NULL) {
        return; // nothing of it can be deleted
    }
    if (name == MP_QSTR_value) {
        self->value = there[1];
    } else if (name == MP_QSTR_time) {
        self->time = there[1];
    } else if (name == MP_QSTR_quality) {
        self->age_quality = (self->age_quality & ~3u) | (mp_obj_get_int(there[1]) & 3);
    } else if (name == MP_QSTR_max_age_ms) {
        self->age_quality = (self->age_quality & 3) | (uint32_t)mp_obj_get_int(there[1]) << 2;
    } else {
        return;
    }
    there[0] = MP_OBJ_NULL; // done
}

static MP_DEFINE_CONST_OBJ_TYPE(signal_type, MP_QSTR_Signal, MP_TYPE_FLAG_NONE, make_new, signal_make, attr, signal_attr);

// allocated() -> bytes taken from the heap since the last collect; gc.mem_alloc() walks the whole heap for less.
static mp_obj_t mps2_allocated(void) {
    return MP_OBJ_NEW_SMALL_INT(MP_STATE_MEM(gc_alloc_amount) * MICROPY_BYTES_PER_GC_BLOCK);
}
static MP_DEFINE_CONST_FUN_OBJ_0(mps2_allocated_obj, mps2_allocated);

static const mp_rom_map_elem_t mps2_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_mps2) },
    { MP_ROM_QSTR(MP_QSTR_open), MP_ROM_PTR(&mps2_open_obj) },
    { MP_ROM_QSTR(MP_QSTR_available), MP_ROM_PTR(&mps2_available_obj) },
    { MP_ROM_QSTR(MP_QSTR_want), MP_ROM_PTR(&mps2_want_obj) },
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&mps2_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&mps2_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_move), MP_ROM_PTR(&mps2_move_obj) },
    { MP_ROM_QSTR(MP_QSTR_check), MP_ROM_PTR(&mps2_check_obj) },
    { MP_ROM_QSTR(MP_QSTR_alarm), MP_ROM_PTR(&mps2_alarm_obj) },
    { MP_ROM_QSTR(MP_QSTR_sleep), MP_ROM_PTR(&mps2_sleep_obj) },
    { MP_ROM_QSTR(MP_QSTR_allocated), MP_ROM_PTR(&mps2_allocated_obj) },
    { MP_ROM_QSTR(MP_QSTR_Signal), MP_ROM_PTR(&signal_type) },
};
static MP_DEFINE_CONST_DICT(mps2_globals, mps2_globals_table);

const mp_obj_module_t mps2_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&mps2_globals,
};
MP_REGISTER_MODULE(MP_QSTR_mps2, mps2_module);
