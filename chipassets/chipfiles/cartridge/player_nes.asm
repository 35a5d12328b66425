; Plays the songs of chipassets on the NES. For ca65; works with any mapper.
;
;   music_init   starts the song whose address is in A (low byte) and X (high byte)
;   music_play   once a frame, after the picture's work
;   music_stop   silence, and no song
;   music_mute   a byte: bit 0 mutes pulse 1, 1 pulse 2, 2 the triangle, 3 the noise, 4 samples. A
;                voice that is muted goes on without its registers, which are the game's; all of
;                them are written again when the bit is clear
;
; For sound effects, define MUSIC_HOOK and a routine music_hook: it is called once a frame behind
; the music, sets bits of music_mute for the voices that it takes, and clears them when it is done.
; All registers are used. Samples, where a song has them, lie at $C000 (samples.asm).

.export music_init, music_play, music_stop, music_mute
.ifdef MUSIC_HOOK
.import music_hook
.endif

LANES = 6
START = 0               ; the lane of whole lists of writes
TRIANGLE = 3
SAMPLES = 5

CODE_TONE = $F6         ; codes of a stream from this one on are commands

.segment "ZEROPAGE"
at:             .res 2
there:          .res 2

.segment "BSS"
music_mute:     .res 1
playing:        .res 1
full:           .res 1  ; whether all registers are written in this frame
tick:           .res 1  ; whether a row begins in this frame
row:            .res 1
row_left:       .res 1
rows:           .res 1
rows_at:        .res 2
loop_row:       .res 1
loop_left:      .res 1
low:            .res 1
code:           .res 1
fresh:          .res 1  ; whether an event has set tone and level in this frame
stream_low:     .res LANES
stream_high:    .res LANES
table_low:      .res LANES
table_high:     .res LANES
back_low:       .res LANES+LANES
back_high:      .res LANES+LANES
depth:          .res LANES
tones:          .res LANES      ; how many entries of the table are tones
envelopes:      .res LANES      ; and with those that are envelopes of tones
entries:        .res LANES      ; and with those of levels
wait:           .res LANES
by_frames:      .res LANES
lasting:        .res LANES
chosen_low:     .res LANES      ; the envelope of levels with which notes begin
chosen_high:    .res LANES
level_low:      .res LANES
level_high:     .res LANES
level_left:     .res LANES      ; 0 holds the level
level:          .res LANES
bend_low:       .res LANES
bend_high:      .res LANES
bend_left:      .res LANES      ; 0 holds the tone
tone_low:       .res LANES
tone_high:      .res LANES
held_low:       .res LANES      ; what the registers hold
held_high:      .res LANES
held_level:     .res LANES
stale:          .res LANES      ; whether they may hold something else

.segment "CODE"
music_init:
        sta at
        stx at+1
        jsr music_stop
        ldy #0
        lda (at),y
        sta loop_row
        iny
        lda (at),y
        sta loop_left
        ldx #0
lane:   iny
        lda (at),y
        sta stream_low,x
        iny
        lda (at),y
        sta stream_high,x
        iny
        lda (at),y
        sta there
        iny
        lda (at),y
        sta there+1
        tya
        pha
        ldy #0
        lda (there),y
        sta tones,x
        iny
        lda (there),y
        sta envelopes,x
        iny
        lda (there),y
        sta entries,x
        lda there
        clc
        adc #3
        sta table_low,x
        lda there+1
        adc #0
        sta table_high,x
        pla
        tay
        lda #0
        sta by_frames,x
        sta depth,x
        sta level,x
        sta level_left,x
        sta bend_left,x
        lda #1
        sta wait,x
        lda first_low,x
        sta tone_low,x
        lda #$08
        sta tone_high,x
        inx
        cpx #LANES
        bne lane
        iny
        lda (at),y
        sta rows
        tya
        sec
        adc at
        sta rows_at
        lda at+1
        adc #0
        sta rows_at+1
        ldx rows
        dex
        stx row
        lda #1
        sta row_left
        sta full
        sta playing
        rts

music_stop:
        lda #0
        sta playing
        sta $4015
        rts

music_play:
        lda playing
        beq hook
        lda #0
        sta tick
        dec row_left
        bne clocked
        inc tick
        ldy row
        iny
        cpy rows
        bcc in_bar
        ldy #0
in_bar: sty row
        lda rows_at
        sta there
        lda rows_at+1
        sta there+1
        lda (there),y
        sta row_left
clocked:
        ldx #0
next:   lda #0
        sta fresh
        lda by_frames,x
        ora tick
        beq goes_on
        dec wait,x
        bne goes_on
        jsr event
        lda playing
        beq hook
goes_on:
        jsr sound
        inx
        cpx #LANES
        bne next
        lda #0
        sta full
hook:
.ifdef MUSIC_HOOK
        jmp music_hook
.else
        rts
.endif

; The lane's stream up to its next event.
event:  lda stream_low,x
        sta at
        lda stream_high,x
        sta at+1
        lda #0
        sta by_frames,x
read:   jsr fetch
        cmp entries,x
        bcc entry
        cmp #CODE_TONE
        bcs command
        sec
        sbc entries,x
        adc #0          ; the carry is set: one more
        sta lasting,x
        jmp read
command:
        sbc #CODE_TONE  ; the carry is set
        asl a
        tay
        lda commands+1,y
        pha
        lda commands,y
        pha
        rts

; An entry of the table: a tone, an envelope of tones or one of levels.
entry:  sta code
        asl a
        tay
        lda table_high,x
        adc #0
        sta there+1
        lda table_low,x
        sta there
        lda (there),y
        sta low
        iny
        lda code
        cmp envelopes,x
        bcs to_level
        cmp tones,x
        bcs to_bend
        lda low
        sta tone_low,x
        lda (there),y
        sta tone_high,x
        lda #0
        sta bend_left,x
        beq note        ; always
to_level:
        lda (there),y
level_chosen:
        sta chosen_high,x
        lda low
        sta chosen_low,x
        jmp read
to_bend:
        lda (there),y
bend_chosen:
        sta there+1
        lda low
        sta there
        cpx #START
        bne bend
        jmp list
bend:   ldy #0
        lda (there),y
        sta tone_low,x
        iny
        lda (there),y
        sta tone_high,x
        iny
        lda (there),y
        sta bend_left,x
        lda there
        clc
        adc #3
        sta bend_low,x
        lda there+1
        adc #0
        sta bend_high,x
note:   cpx #SAMPLES
        bne tone
        jmp sample
tone:   lda chosen_low,x
        sta level_low,x
        lda chosen_high,x
        sta level_high,x
        jsr step_level
fresh_event:
        inc fresh
on:     lda by_frames,x
        bne timed
        lda lasting,x
        sta wait,x
timed:  lda at
        sta stream_low,x
        lda at+1
        sta stream_high,x
        rts

rest:   lda level,x
        and #$C0
        sta level,x
        lda #0
        sta level_left,x
        sta bend_left,x
        beq fresh_event ; always

far_level:
        jsr fetch
        sta low
        jsr fetch
        jmp level_chosen
far_tone:
        jsr fetch
        sta low
        jsr fetch
        jmp bend_chosen
set_rows:
        jsr fetch
        sta lasting,x
        jmp read
frames: jsr fetch
        sta wait,x
        inc by_frames,x
        jmp read
call:   jsr fetch
        sta low
        jsr fetch
        pha
        jsr slot
        inc depth,x
        lda at
        sta back_low,y
        lda at+1
        sta back_high,y
        pla
        jmp jump
return: dec depth,x
        jsr slot
        lda back_low,y
        sta at
        lda back_high,y
        sta at+1
        jmp read
loop:   jsr fetch
        sta low
        jsr fetch
        cpx #START
        bne jump
        ldy loop_row
        sty row
        ldy loop_left
        sty row_left
        ldy #1
        sty full
jump:   sta at+1
        lda low
        sta at
        jmp read

; A list of writes: how many, then registers and bytes.
list:   ldy #0
        lda (there),y
        sta code
        iny
listed: lda (there),y
        tax
        iny
        lda (there),y
        sta $4000,x
        iny
        dec code
        bne listed
        ldx #START
        jmp on

sample: lda music_mute
        and #$10
        bne dumb
        inc fresh
        lda stale+SAMPLES
        ora full
        sta stale+SAMPLES
        bne both
        lda tone_low+SAMPLES
        cmp held_low+SAMPLES
        beq same_start
both:   lda tone_low+SAMPLES
        sta held_low+SAMPLES
        sta $4012
same_start:
        lda stale+SAMPLES
        bne length
        lda tone_high+SAMPLES
        cmp held_high+SAMPLES
        beq same_length
length: lda tone_high+SAMPLES
        sta held_high+SAMPLES
        sta $4013
same_length:
        lda #0
        sta stale+SAMPLES
        lda #$0F
        sta $4015
        lda #$1F
        sta $4015
dumb:   jmp on

; Where the lane's place to come back to is, in Y.
slot:   txa
        ldy depth,x
        beq outer
        clc
        adc #LANES
outer:  tay
        rts

; The stream's next byte.
fetch:  ldy #0
        lda (at),y
        inc at
        bne fetched
        inc at+1
fetched:
        rts

; A voice's envelopes go on, and what is new is written.
sound:  cpx #START
        beq sounded
        cpx #SAMPLES
        bne voice
        lda fresh
        bne sounded
        lda full
        beq sounded
        sta stale,x
sounded:
        rts
voice:  lda fresh
        bne set
        lda level_left,x
        beq level_set
        dec level_left,x
        bne level_set
        jsr step_level
level_set:
        lda level,x
        and #$0F
        beq set         ; in silence the tone stays
        lda bend_left,x
        beq set
        dec bend_left,x
        bne set
        jsr step_tone
set:    lda music_mute
        and bits,x
        beq heard
        sta stale,x
        rts
heard:  ldy registers,x
        lda level,x
        ora #$30
        cpx #TRIANGLE
        bne graded
        lda level,x
        and #$0F
        beq gate
        lda #$7F
gate:   ora #$80
graded: sta code        ; the byte for the level's register
        lda full
        ora stale,x
        bne all
        lda tone_low,x
        cmp held_low,x
        beq same_low
        sta held_low,x
        sta $4002,y
same_low:
        lda tone_high,x
        cmp held_high,x
        beq same_high
        sta held_high,x
        sta $4003,y
same_high:
        lda code
        cmp held_level,x
        beq same_level
        sta held_level,x
        sta $4000,y
same_level:
        rts
all:    cpx #TRIANGLE
        bcs no_sweep
        lda #$08
        sta $4001,y
no_sweep:
        lda tone_low,x
        sta held_low,x
        sta $4002,y
        lda tone_high,x
        sta held_high,x
        sta $4003,y
        lda code
        sta held_level,x
        sta $4000,y
        lda #0
        sta stale,x
        rts

; The next step of the level: its count is within it, or behind it.
step_level:
        lda level_low,x
        sta there
        lda level_high,x
        sta there+1
        ldy #0
        lda (there),y
        and #$CF
        sta level,x
        lda (there),y
        and #$30
        beq counted
        lsr a
        lsr a
        lsr a
        lsr a
        sta level_left,x
        lda #1
        bne level_on    ; always
counted:
        iny
        lda (there),y
        sta level_left,x
        lda #2
level_on:
        clc
        adc level_low,x
        sta level_low,x
        bcc stepped
        inc level_high,x
stepped:
        rts

; The next step of the tone: how far it moves and for how many frames, or something else.
step_tone:
        lda bend_low,x
        sta there
        lda bend_high,x
        sta there+1
        ldy #0
        lda (there),y
        and #$03
        beq control
        sta bend_left,x
        lda (there),y
        cmp #$80
        ror a
        cmp #$80
        ror a
        clc
        adc tone_low,x
        sta tone_low,x
        lda #1
        bne tone_on     ; always
control:
        lda (there),y
        beq stepped     ; hold
        cmp #$08
        beq back
        bcs pause
        iny
        lda (there),y
        sta tone_low,x
        iny
        lda (there),y
        sta tone_high,x
        iny
        lda (there),y
        sta bend_left,x
        lda #4
        bne tone_on     ; always
pause:  iny
        lda (there),y
        sta bend_left,x
        lda #2
tone_on:
        clc
        adc bend_low,x
        sta bend_low,x
        bcc stepped
        inc bend_high,x
        rts
back:   iny
        lda bend_low,x
        sec
        sbc (there),y
        sta bend_low,x
        bcs step_tone
        dec bend_high,x
        jmp step_tone

commands:       .word far_tone-1,far_level-1,on-1,rest-1,set_rows-1
                .word frames-1,return-1,call-1,music_stop-1,loop-1
first_low:      .byte $00,$FF,$FF,$FF,$00,$00
bits:           .byte $00,$01,$02,$04,$08,$10
registers:      .byte $00,$00,$04,$08,$0C,$00
