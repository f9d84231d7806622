// The wall case. Prints as it stands: the back on its wall side, the front (turned) on its face. No supports.
//   openscad -D 'part="back"' -o back.stl case.scad        parts: back, front, all
include <dimensions.scad>
use <pi.scad>
use <camera.scad>
part = "all";

module rounded(x, y, r = 3) hull() for (p = [x[0] + r, x[1] - r], q = [y[0] + r, y[1] - r]) translate([p, q]) circle(r);

module cut(x, y, z) translate([x[0], y[0], z[0]]) cube([x[1] - x[0], y[1] - y[0], z[1] - z[0]]);

// Openings lie across the seam, so that the board goes straight in and no bridge has to be printed.
module openings() translate([0, 0, top]) {
    cut([4.5, 46], [y0 - 1, e], [-2.2, 6]);                // power and HDMI; one window, both boards
    cut([49, 59], [y0 - 1, e], [-2, 8]);                   // audio
    cut([board[0] - e, x1 + 1], [1, 55], [-1.2, 17]);      // USB and network, in either order
    cut([x0 - 1, e], [14, 36], [-4.5, 3]);                 // card; the button of a Pi 5
    cut([34, 42], [y1 - wall - 1, y1 + 1], [-2, 6]);       // cables of sensors and motor
}

module shell(z0, z1) difference() {
    translate([0, 0, z0]) linear_extrude(z1 - z0) rounded([x0, x1], [y0, y1]);
    children();
}

module back() difference() {
    union() {
        shell(0, top - 0.1) translate([0, 0, floor_t]) linear_extrude(top)
            rounded([x0 + wall, x1 - wall], [y0 + wall, y1 - wall], 0.6);
        linear_extrude(floor_t) rounded([x0 - ear, x1 + ear], [y0 + 8, y1 - 8], 6);   // the ears
        for (p = holes) translate([p[0], p[1], 0]) cylinder(d = 6, h = floor_t + standoff);
        for (x = [16, 66]) translate([x, 72, 0]) cylinder(d = 7, h = floor_t + standoff);  // the stripboard's
        for (p = lugs) translate([p[0], p[1], 0]) cylinder(d = 10, h = top - 0.1);
    }
    openings();
    for (p = holes) translate([p[0], p[1], 1.4]) cylinder(d = m25_pilot, h = top);
    for (x = [16, 66]) translate([x, 72, 1.4]) cylinder(d = m25_pilot, h = top);
    for (p = lugs) translate([p[0], p[1], 1.4]) cylinder(d = m3_pilot, h = top);
    for (x = [x0 - ear / 2, x1 + ear / 2]) {
        translate([x - strap[0] / 2, 41 - strap[1] / 2, -1]) cube([strap[0], strap[1], floor_t + 2]);
        for (y = [17, 65]) translate([x, y, -1]) {                                    // screw 4, head to 8.5
            cylinder(d = 4.5, h = floor_t + 2);
            translate([0, 0, 2]) cylinder(d1 = 4.5, d2 = 8.7, h = 2.1);
        }
    }
    for (x = [29, 45]) translate([x, 76, -1]) cube([2, 5, floor_t + 2]);              // a cable tie holds the cables
}

module front() difference() {
    union() {
        shell(top, high) translate([0, 0, top - 1]) linear_extrude(room + 1)
            rounded([x0 + wall, x1 - wall], [y0 + wall, y1 - wall], 0.6);
        for (p = lugs) difference() {
            translate([p[0], p[1], top]) cylinder(d = 10, h = high - top);
            cut([x0 + wall, x1 - wall], [y0 + wall, y1 - wall], [top - 1, high - wall]);
        }
    }
    openings();
    for (p = lugs) translate([p[0], p[1], top - 1]) {
        cylinder(d = m3_free, h = high);
        translate([0, 0, 9]) cylinder(d = 6.8, h = high);                             // the head stands 8 above the seam
    }
    for (x = [14 : 8 : 70]) cut([x, x + 3], [12, 44], [high - wall - 1, high + 1]);   // warm air goes out here and above, cold
    for (x = [10 : 8 : 58])                                                           // comes in by the sockets
        cut([x, x + 3], [y1 - wall - 1, y1 + 1], [top + 8, high - 8]);
    for (p = leds_at) translate([p[0], p[1], top]) cylinder(d = led, h = high);
    translate([button_at[0], button_at[1], top]) cylinder(d = button, h = high);
    translate([ribbon_at[0] - ribbon[0] / 2, ribbon_at[1] - ribbon[1] / 2, top]) cube([ribbon[0], ribbon[1], high]);
    for (s = [-1, 1]) translate([foot_at[0] + s * foot_screws, foot_at[1], top]) cylinder(d = m3_free, h = high);
}

if (part == "back") back();
if (part == "front") translate([0, 0, high]) rotate([180, 0, 0]) front();
if (part == "in_place") { back(); front(); }
if (part == "clash") intersection() { union() { back(); front(); } union() { pi(); plugs(); } }
if (part == "clash_moved") intersection() { union() { back(); front(); } translate([0, 2, 0]) pi(); }
if (part == "all") {
    color("#8a939e") back();
    color("#2f7d4f") pi();
    translate([0, 0, 45]) {
        color("#d5dae0") front();
        translate([foot_at[0], foot_at[1], high]) holder();
    }
}
