// Every measure of the enclosure, once. Millimetres. The origin is the lower left corner of the Pi's board, seen from
// the front, sockets for power below; z = 0 is the wall. Sources stand behind the numbers; "ours" is our judgement.
// Nothing has been printed or held against a part yet: put a calliper to yours first, the sockets in pi.scad too.

$fn = 32;
e = 0.01;         // cuts reach this far beyond what they cut

// What is bought
board = [85, 56];                                              // Pi 4 and 5: the published size; compare yours
holes = [[3.5, 3.5], [61.5, 3.5], [3.5, 52.5], [61.5, 52.5]];  // the same; for M2.5
board_t = 1.6;    // ours: boards are 1.4 to 1.6; the thicker one
usb_high = 16;    // above the board: the two USB sockets are the highest part
plugs_high = 22;  // above the board: a Dupont plug (14) on the header (2.5) and its wires' bend
under = 2.2;      // solder points below the board
cam_holes = [21, 12.5];  // Camera Module 2 and 3: as published; M2
cam_board = [25, 23.9];  // the same
cam_low = 9.4;    // from the edge with the ribbon to the lower holes; the lens stands on their line
pod_board = [25.8, 17.8, 4.6];  // LSM6DSOX breakout with two JST-SH sockets; a GY-521 (21.2 x 16.4) fits as well
pod_holes = [20.32, 12.7];      // the breakout's holes, 2.54 from its edges; for M2.5
plug = [14, 6, 8];              // plug that pulls apart: width, height, depth in the pod. Measure yours
cable = 4.5;      // outside diameter of the sensors' cable. Measure yours

// How it prints: 0.4 mm nozzle, 0.2 mm layers, PETG (gyms are warm, and so is a Pi); no supports anywhere
wall = 2.4;       // six lines of 0.4
gap = 0.6;        // between board and wall, on each side
fit = 0.3;        // between two printed parts
m25_pilot = 2.1;  // a screw cuts its own thread: about 85 % of its diameter
m3_pilot = 2.6;
m3_free = 3.4;

// The case
floor_t = 3;
standoff = 5;     // more than `under` and the card's slot
bay = 28;         // above the board: room for the stripboard with both transistors
room = 25;        // above the board: more than `plugs_high`
top = floor_t + standoff + board_t;  // the board's upper face; back and front meet here
high = top + room + wall;
x0 = -gap - wall;  x1 = board[0] + gap + wall;
y0 = -gap - wall;  y1 = board[1] + bay + wall;
lugs = [[0, y0 - 3], [72, y0 - 3], [0, y1 + 3], [72, y1 + 3]];  // clear of every plug's body
ear = 26;         // wide: a screw 4.5 and a strap of 25
strap = [4.5, 27];
assert(standoff > under + 2, "the solder points and the card's slot touch the floor");
assert(room > plugs_high && room > usb_high, "the front is too low");

// On the front
led = 5.2;        // 5 mm LED
button = 12.2;    // 12 mm push button, its body up to 22 deep
button_at = [77.5, 71];
leds_at = [[47, 71], [53.5, 71], [60, 71], [66.5, 71]];  // camera, red, amber, green
ribbon_at = [24, 60];  // the ribbon is 16 wide
ribbon = [18, 2.5];
foot_at = [24, 71];   // the camera's head covers 4 to 44
foot_screws = 7.5; // from the middle: their heads (5.5) stay clear of the foot's cheeks
