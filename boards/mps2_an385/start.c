// Starts our frozen program where MicroPython would start its prompt, and lends Python the two instructions that
// it has no words for: forget old interrupts, sleep until a new one.
//
// MicroPython's source stays as it is: the linker's --wrap=pyexec_friendly_repl leads here. Interrupts only wake
// the processor, none is ever taken (PRIMASK is set): whoever wakes polls the UARTs and the timer.
//
// Start record, where a loader puts it (for an emulator: -device loader), see start.py:
//   word 0 "V2GS", word 1 length of the text, word 2 exit status (all ones = none yet), then the text.

#include "py/runtime.h"
#include "shared/runtime/pyexec.h"

#define WORD(address) (*(volatile uint32_t *)(address))

#define NVIC_ENABLE WORD(0xe000e100)
#define NVIC_FORGET WORD(0xe000e280)
#define WAKING (1u << 0 | 1u << 2 | 1u << 4 | 1u << 18 | 1u << 20 | 1u << 8) // received on UART0..4; timer 0

#define RECORD 0x21000000
#define RECORD_MAGIC WORD(RECORD)
#define RECORD_STATUS WORD(RECORD + 8)
#define MAGIC 0x53473256
#define NO_STATUS 0xffffffff
#define DIED 70 // the program ended by an exception that nobody caught

#define SYS_EXIT_EXTENDED 0x20
#define APPLICATION_EXIT 0x20026

int __real_pyexec_friendly_repl(void);
int __wrap_pyexec_friendly_repl(void);

static void leave(uint32_t status) {
    volatile uint32_t block[2] = {APPLICATION_EXIT, status};
    register uint32_t call __asm("r0") = SYS_EXIT_EXTENDED;
    register volatile uint32_t *argument __asm("r1") = block;
    __asm volatile ("bkpt 0xab" : "+r" (call) : "r" (argument) : "memory");
}

int __wrap_pyexec_friendly_repl(void) {
    static bool started;
    if (!started) {
        started = true;
        __asm volatile ("cpsid i");
        NVIC_ENABLE = WAKING;
        pyexec_frozen_module("boards/mps2_an385/start.py", true);
        if (RECORD_MAGIC == MAGIC) {
            leave(RECORD_STATUS == NO_STATUS ? DIED : RECORD_STATUS);
        }
    }
    return __real_pyexec_friendly_repl();
}

static mp_obj_t mps2_forget(void) {
    NVIC_FORGET = 0xffffffff; // a source that still asks becomes pending again at once
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(mps2_forget_obj, mps2_forget);

static mp_obj_t mps2_sleep(void) {
    __asm volatile ("dsb\n\twfi" ::: "memory");
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(mps2_sleep_obj, mps2_sleep);

static const mp_rom_map_elem_t mps2_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_mps2) },
    { MP_ROM_QSTR(MP_QSTR_forget), MP_ROM_PTR(&mps2_forget_obj) },
    { MP_ROM_QSTR(MP_QSTR_sleep), MP_ROM_PTR(&mps2_sleep_obj) },
};
static MP_DEFINE_CONST_DICT(mps2_globals, mps2_globals_table);

const mp_obj_module_t mps2_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&mps2_globals,
};
MP_REGISTER_MODULE(MP_QSTR_mps2, mps2_module);
