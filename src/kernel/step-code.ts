/** The machine code of a program of steps (step-program.ts), on each architecture. */
import type { Architecture } from "./system-calls.ts"

/**
 * The loop over the rows: load the call's registers from the row, call, compare the result with words 7 and 8, go to the
 * next row; or, where word 10 is negative, to the row at word 9; or write words 9 and 10 to descriptor 2 and exit with
 * word 11.
 */
export const machineCode: Record<Architecture, (table: number) => Uint8Array> = {
  x86_64: table =>
    Buffer.from(
      [
        "bb", // mov ebx, table
        hexadecimal(table),
        "488b03", // next: mov rax, [rbx]
        "488b7b08", // mov rdi, [rbx+8]
        "488b7310", // mov rsi, [rbx+16]
        "488b5318", // mov rdx, [rbx+24]
        "4c8b5320", // mov r10, [rbx+32]
        "4c8b4328", // mov r8, [rbx+40]
        "4c8b4b30", // mov r9, [rbx+48]
        "0f05", // syscall
        "483b4338", // cmp rax, [rbx+56]
        "7c0c", // jl fail
        "483b4340", // cmp rax, [rbx+64]
        "7f06", // jg fail
        "4883c360", // add rbx, row
        "ebd1", // jmp next
        "488b7348", // fail: mov rsi, [rbx+72]
        "488b5350", // mov rdx, [rbx+80]
        "4885d2", // test rdx, rdx
        "7905", // jns end
        "4889f3", // mov rbx, rsi
        "ebbf", // jmp next
        "b801000000", // end: mov eax, write
        "bf02000000", // mov edi, 2
        "0f05", // syscall
        "b8e7000000", // mov eax, exit_group
        "488b7b58", // mov rdi, [rbx+88]
        "0f05", // syscall
      ].join(""),
      "hex",
    ),
  aarch64: table =>
    bytesOfWords([
      0xd2800013 | ((table & 0xffff) << 5), // mov x19, #low
      0xf2a00013 | ((table >>> 16) << 5), // movk x19, #high, lsl 16
      0xf9400268, // next: ldr x8, [x19]
      0xa9408660, // ldp x0, x1, [x19, #8]
      0xa9418e62, // ldp x2, x3, [x19, #24]
      0xa9429664, // ldp x4, x5, [x19, #40]
      0xd4000001, // svc #0
      0xf9401e69, // ldr x9, [x19, #56]
      0xeb09001f, // cmp x0, x9
      0x540000cb, // b.lt fail
      0xf9402269, // ldr x9, [x19, #64]
      0xeb09001f, // cmp x0, x9
      0x5400006c, // b.gt fail
      0x91018273, // add x19, x19, #96
      0x17fffff4, // b next
      0xa9448a61, // fail: ldp x1, x2, [x19, #72]
      0xb6f80062, // tbz x2, #63, end
      0xaa0103f3, // mov x19, x1
      0x17fffff0, // b next
      0xd2800040, // end: mov x0, #2
      0xd2800808, // mov x8, #64 (write)
      0xd4000001, // svc #0
      0xf9402e60, // ldr x0, [x19, #88]
      0xd2800bc8, // mov x8, #94 (exit_group)
      0xd4000001, // svc #0
    ]),
}

/** Four bytes, the lowest first, as this machine and the other have them. */
function hexadecimal(word: number): string {
  return Buffer.from(bytesOfWords([word])).toString("hex")
}

function bytesOfWords(words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer)
}
