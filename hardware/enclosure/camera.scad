// The holder of a Camera Module 2 or 3: a foot on the case's front, and a head that tilts. A USB camera needs neither.
//   openscad -D 'part="head"' -o head.stl camera.scad      parts: foot, head, all
include <dimensions.scad>
part = "all";

arm = 4;            // thick
inside = 32;        // between the arms: wider than the camera's board and the screws of the foot
deep = 25;          // from the head's face to the end of its arms
axis = 20;          // from the head's face to the axis
foot_high = 9;      // from the front to the axis: the head's lower edge clears the case at a tilt of 25 degrees
plate = [inside + 2 * arm, 28];
window = 14;        // the lens, its housing and 2 mm around

module foot() difference() {
    union() {
        translate([-inside / 2 + fit, -8, 0]) cube([inside - 2 * fit, 16, 3]);
        for (s = [-1, 1]) hull() {
            translate([s * (inside / 2 - fit - 2) - 2, -6, 0]) cube([4, 12, 1]);
            translate([s * (inside / 2 - fit - 2) - 2, 0, foot_high]) rotate([0, 90, 0]) cylinder(d = 10, h = 4);
        }
    }
    for (s = [-1, 1]) translate([s * foot_screws, 0, -1]) cylinder(d = m3_free, h = 5);
    translate([-inside, 0, foot_high]) rotate([0, 90, 0]) cylinder(d = m3_pilot, h = 2 * inside);
}

// Lies on its face. The lens is the origin.
module head() difference() {
    union() {
        translate([-plate[0] / 2, -12, 0]) cube([plate[0], plate[1], 2.4]);
        for (x = [-1, 1], y = [0, cam_holes[1]]) translate([x * cam_holes[0] / 2, y, 0]) cylinder(d = 4.5, h = 5);
        for (s = [-1, 1]) hull() {
            translate([s * (inside + arm) / 2 - arm / 2, -6, 0]) cube([arm, 16, 2]);
            translate([s * (inside + arm) / 2 - arm / 2, 2, axis]) rotate([0, 90, 0]) cylinder(d = 10, h = arm);
        }
    }
    translate([-window / 2, -window / 2, -1]) cube([window, window, 5]);
    for (x = [-1, 1], y = [0, cam_holes[1]]) translate([x * cam_holes[0] / 2, y, 1]) cylinder(d = 1.7, h = 5);
    translate([-inside, 2, axis]) rotate([0, 90, 0]) cylinder(d = m3_free, h = 2 * inside);
}

// The camera's board as it sits on the head's four posts (5 high), its ribbon's socket behind.
module camera() {
    difference() {
        translate([-cam_board[0] / 2, -cam_low, 5 + e]) cube([cam_board[0], cam_board[1], 1.1]);
        for (x = [-1, 1], y = [0, cam_holes[1]]) translate([x * cam_holes[0] / 2, y, 4]) cylinder(d = 2.2, h = 3);
    }
    translate([-5.5, -5.5, -3]) cube([11, 11, 8 - e]);
    translate([-11, -cam_low, 6.1]) cube([22, 6, 3]);
}

// The heads of the screws that hold the foot, and a driver's way to them.
module heads() for (s = [-1, 1]) translate([s * foot_screws, 0, 3 + e]) cylinder(d = 5.7, h = 12);

// The head as it hangs on the foot, tilted down by t.
module hung(t) translate([0, 0, foot_high]) rotate([t, 0, 0]) translate([0, -2, axis]) mirror([0, 0, 1]) children();

module holder() {
    color("#8a939e") foot();
    hung(10) color("#d5dae0") head();
    hung(10) color("#2f7d4f") camera();
}

if (part == "foot") foot();
if (part == "head") head();
if (part == "clash") for (t = [-25, 0, 25]) {
    intersection() { union() { foot(); translate([-60, -60, -2]) cube([120, 120, 2]); } hung(t) { head(); camera(); } }
    intersection() { head(); camera(); }
    intersection() { foot(); heads(); }
}
if (part == "clash_moved") intersection() { head(); translate([0, 1.5, -1]) camera(); }
if (part == "all") holder();
