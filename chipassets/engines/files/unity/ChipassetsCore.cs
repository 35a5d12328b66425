using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Chipassets
{
    /// <summary>What sounds: a track's files, begun together.</summary>
    public interface IVoice
    {
        /// <summary>The amplitude of a layer from now on.</summary>
        void SetGain(int layer, float gain);

        void Stop();
    }

    /// <summary>What plays the music that MusicCore decides on.</summary>
    public interface IBackend
    {
        /// <summary>Seconds of the audio clock.</summary>
        double Now { get; }

        /// <summary>
        /// Start a track at a sample of its file, at a time of the clock; null, and a warning, where
        /// it cannot be played.
        /// </summary>
        IVoice Start(Track track, int sample, double at);

        void Warn(string text);
    }

    /// <summary>How the music changes from a scene to another; "*" stands for any.</summary>
    public class Rule
    {
        public readonly string From, To, When, How;
        public readonly float Fade;

        /// <param name="when">"now", "beat", "bar" or "section" of what plays.</param>
        /// <param name="fade">Seconds.</param>
        /// <param name="how">"crossfade", "fade" or "cut".</param>
        public Rule(string from, string to, string when, float fade, string how = "crossfade")
        {
            From = from;
            To = to;
            When = when;
            Fade = fade;
            How = how;
        }
    }

    /// <summary>A scene with the moods it was entered with, and where its music is.</summary>
    [Serializable]
    public class SceneState
    {
        public string scene;
        public string[] moods;
        public string track;
        public int sample;
    }

    /// <summary>The state of the music, for a save game: the same JSON in every engine.</summary>
    [Serializable]
    public class MusicState
    {
        public int format;
        public SceneState[] scenes;
        public SceneState playing;
        public float intensity;
        public float duck_db;

        public string ToJson()
        {
            StringBuilder json = new StringBuilder("{\"format\": " + format + ", \"scenes\": [");
            for (int i = 0; i < scenes.Length; i++)
            {
                json.Append(i > 0 ? ", " : "").Append("{\"scene\": ").Append(Text(scenes[i].scene));
                json.Append(", \"moods\": [");
                for (int n = 0; n < scenes[i].moods.Length; n++)
                    json.Append(n > 0 ? ", " : "").Append(Text(scenes[i].moods[n]));
                json.Append("], \"track\": ").Append(Text(scenes[i].track));
                json.Append(", \"sample\": ").Append(scenes[i].sample).Append('}');
            }
            json.Append("], \"playing\": ");
            if (playing == null) json.Append("null");
            else
                json.Append("{\"scene\": " + Text(playing.scene) + ", \"track\": ")
                    .Append(Text(playing.track)).Append(", \"sample\": " + playing.sample + "}");
            json.Append(", \"intensity\": " + Number(intensity));
            return json.Append(", \"duck_db\": " + Number(duck_db) + "}").ToString();
        }

        static string Number(float value)
        {
            return value.ToString("0.######", CultureInfo.InvariantCulture);
        }

        static string Text(string value)
        {
            if (string.IsNullOrEmpty(value)) return value == null ? "null" : "\"\"";
            StringBuilder text = new StringBuilder("\"");
            foreach (char one in value)
                if (one == '"' || one == '\\') text.Append('\\').Append(one);
                else if (one < ' ') text.Append("\\u" + ((int)one).ToString("x4"));
                else text.Append(one);
            return text.Append('"').ToString();
        }
    }

    /// <summary>
    /// Which music should sound, and how loud: scenes that lie over each other, layers, stings,
    /// ducking, save games. Knows nothing of Unity.
    /// </summary>
    public class MusicCore
    {
        /// <summary>What is due within this number of seconds is passed to the backend in advance.</summary>
        public const double Ahead = 0.12;

        /// <summary>The least time before a start: a buffer or two of the sound card.</summary>
        public const double Lead = 0.06;

        static readonly string[] Whens = { "now", "beat", "bar", "section" };
        static readonly string[] Hows = { "crossfade", "fade", "cut" };
        const float StingDuck = 0.2511886f; // 12 dB less
        const float StingDuckSeconds = 0.08f, StingReturnSeconds = 0.5f, ReleaseSeconds = 0.06f;

        public static readonly Rule[] Rules =
        {
            new Rule("*", "battle", "now", 0.12f), new Rule("*", "boss", "now", 0.12f),
            new Rule("*", "victory", "now", 0.06f), new Rule("*", "game_over", "now", 0.4f),
            new Rule("town", "shop", "bar", 0.4f), new Rule("shop", "town", "bar", 0.4f),
            new Rule("*", "*", "now", 0.8f),
        };

        public readonly Dictionary<string, int> levels = new Dictionary<string, int>
        {
            { "shop", 1 }, { "battle", 2 }, { "boss", 2 }, { "victory", 2 }, { "menu", 3 },
        };

        public IList<Rule> rules = Rules;
        public float volume = 0.8f, musicVolume = 1, stingVolume = 1;

        readonly IList<Track> tracks;
        readonly IBackend backend;
        readonly List<Entry> stack = new List<Entry>();
        readonly Dictionary<string, Place> left = new Dictionary<string, Place>();
        readonly List<Voice> voices = new List<Voice>();
        readonly HashSet<string> told = new HashSet<string>();
        Voice current;
        Change pending;
        Sting sting, waiting;
        // The music's time stands still in a pause; by this much it is behind the audio clock.
        double lost, pausedAt;
        bool isPaused;
        Fade level = Fade.Steady(1), nextLevel = Fade.Steady(1), gameDuck = Fade.Steady(1), stingDuck = Fade.Steady(1);

        class Entry
        {
            public string scene;
            public string[] moods;
        }

        class Place
        {
            public Track track;
            public double sample;
        }

        class Change
        {
            public Track track;
            public string scene, how = "crossfade";
            public double at;
            public float fade;
            public bool keepsPlace, isJump;
        }

        class Sting
        {
            public Track track;
            public double at, ends;
            public int priority;
            public Voice voice;
        }

        struct Fade
        {
            public float first, last, seconds;
            public double at;

            public static Fade Steady(float value)
            {
                return new Fade { first = value, last = value };
            }

            public float Point(double now)
            {
                if (now < at) return first;
                if (now >= at + seconds) return last;
                return first + (last - first) * (float)((now - at) / seconds);
            }

            public Fade Turn(double when, float within, float to)
            {
                return new Fade { first = Point(when), last = to, at = when, seconds = within };
            }
        }

        class Voice
        {
            public Track track;
            public string scene;
            public IVoice sounds;
            public double at, sample; // where it began
            public Fade fade;
            public bool isSting;

            public double Sample(double now)
            {
                return track.Wrap(sample + Math.Max(now - at, 0) * track.rate);
            }
        }

        public MusicCore(IList<Track> tracks, IBackend backend)
        {
            this.tracks = tracks;
            this.backend = backend;
        }

        /// <summary>The scene that the game is in, "" before the first.</summary>
        public string Scene
        {
            get { return stack.Count > 0 ? stack[stack.Count - 1].scene : ""; }
        }

        /// <summary>The track that sounds; null in silence and after the end of one that plays once.</summary>
        public Track Playing
        {
            get
            {
                if (current == null) return null;
                bool isOver = !current.track.loops && Sample >= current.track.samples;
                return isOver ? null : current.track;
            }
        }

        /// <summary>The sample of its file at which the track that sounds is, or 0.</summary>
        public double Sample
        {
            get { return current == null ? 0 : current.Sample(Now); }
        }

        /// <summary>
        /// Enter a scene: over those of lower levels, in place of one of its level, or back to a kept one. when, fade
        /// (seconds) and how take the place of the rule's where they are given.
        /// </summary>
        public void Enter(string scene, string when = null, float fade = -1, string how = null, params string[] moods)
        {
            string before = Scene, oldMoods = stack.Count > 0 ? Joined(Top.moods) : "";
            int at = stack.FindIndex(entry => entry.scene == scene);
            if (at >= 0) stack.RemoveRange(at, stack.Count - at);
            else
                while (stack.Count > 0 && Level(Scene) >= Level(scene))
                    stack.RemoveAt(stack.Count - 1);
            stack.Add(new Entry { scene = scene, moods = moods });
            if (before != scene || oldMoods != Joined(moods)) Plan(before, when, fade, how);
        }

        /// <summary>Leave the scene for the one below; the last one cannot be left.</summary>
        public void Leave(string when = null, float fade = -1, string how = null)
        {
            if (stack.Count < 2) return;
            string before = Scene;
            stack.RemoveAt(stack.Count - 1);
            Plan(before, when, fade, how);
        }

        /// <summary>Fade to silence and forget every scene.</summary>
        public void Stop(float fade = 0.8f)
        {
            stack.Clear();
            left.Clear();
            pending = new Change { scene = "", at = Now, fade = fade };
            EndSting();
        }

        /// <summary>Pause the music, fades, stings and pending changes until Resume().</summary>
        public void Pause()
        {
            if (isPaused) return;
            pausedAt = Now;
            isPaused = true;
            foreach (Voice voice in voices)
            {
                voice.sample = voice.Sample(pausedAt);
                voice.at = Math.Max(voice.at, pausedAt);
                voice.sounds.Stop();
            }
        }

        /// <summary>Resume where Pause() stopped; scheduled anew, so that loops stay exact.</summary>
        public void Resume()
        {
            if (!isPaused) return;
            isPaused = false;
            lost = backend.Now + Lead - pausedAt;
            for (int i = voices.Count - 1; i >= 0; i--)
            {
                Voice voice = voices[i];
                voice.sounds = backend.Start(voice.track, (int)voice.sample, voice.at + lost);
                if (voice.sounds != null) continue;
                voices.RemoveAt(i);
                if (voice == current) current = null;
            }
        }

        /// <summary>Set how many of a track's layers sound, 0 to 1.</summary>
        public void Intensity(float value, float fade = 0.6f, string when = "now")
        {
            value = Math.Min(Math.Max(value, 0), 1);
            double at = LineTime(when);
            if (value == nextLevel.last && at >= nextLevel.at) return;
            level = LevelAt(Now);
            nextLevel = level.Turn(at, fade, value);
        }

        /// <summary>Lower the music by some decibels until the next call; 0 restores it.</summary>
        public void Duck(float byDb = 12, float fade = 0.15f)
        {
            gameDuck = gameDuck.Turn(Now, fade, (float)Math.Pow(10, -Math.Max(byDb, 0) / 20));
        }

        /// <summary>
        /// Play a track, or a scene's track, once over the music, which is ducked; a lower
        /// priority gives way to a higher.
        /// </summary>
        public void PlaySting(string name, string when = "now", int priority = 0)
        {
            Track track = StingTrack(name);
            if (track == null)
            {
                List<string> names = Scenes();
                foreach (Track one in tracks) names.Add(one.name);
                Tell("there is no sting '" + name + "'; " + Meant(name, names));
                return;
            }
            if (current != null && current.track == track) return;
            if (sting != null && sting.priority > priority) return;
            if (waiting != null && waiting.priority > priority) return;
            waiting = new Sting { track = track, at = LineTime(when), priority = priority };
        }

        /// <summary>The state of the music, for a save game.</summary>
        public MusicState State()
        {
            MusicState state = new MusicState
            {
                format = 1,
                scenes = new SceneState[stack.Count],
                intensity = nextLevel.last,
                duck_db = (float)Math.Abs(20 * Math.Log10(Math.Max(gameDuck.last, 1e-10))),
            };
            for (int i = 0; i < stack.Count; i++)
                state.scenes[i] = PlaceOf(stack[i].scene, stack[i].moods);
            if (current != null) state.playing = PlaceOf(current.scene, new string[0]);
            return state;
        }

        /// <summary>Restore a value of State() with a crossfade. Returns whether it was a state.</summary>
        public bool Restore(MusicState state, float fade = 0.8f)
        {
            if (!IsState(state))
            {
                Tell("Restore() was given what no State() returned; the music stays as it is");
                return false;
            }
            stack.Clear();
            left.Clear();
            foreach (SceneState saved in state.scenes)
            {
                stack.Add(new Entry { scene = saved.scene, moods = saved.moods ?? new string[0] });
                Keep(saved.scene, saved);
            }
            EndSting();
            Duck(state.duck_db, 0);
            level = nextLevel = Fade.Steady(Math.Min(Math.Max(state.intensity, 0), 1));
            if (current != null) current.scene = "";
            string scene = Scene;
            Track wanted = stack.Count > 0 ? ForScene(scene, Top.moods) : null;
            if (wanted == null && state.playing != null && Named(state.playing.track) != null)
            {
                scene = state.playing.scene;
                wanted = Keep(scene, state.playing);
            }
            pending = new Change { track = wanted, scene = scene, at = Now, fade = fade, isJump = true };
            return true;
        }

        /// <summary>Update the music; call it once a frame.</summary>
        public void Update()
        {
            if (isPaused) return;
            double now = Now;
            if (pending != null && now + Ahead >= pending.at)
            {
                Change change = pending;
                pending = null;
                change.at = Math.Max(change.at, now + Lead);
                if (change.how == "fade" && current != null && change.track != null)
                {
                    pending = new Change
                    {
                        track = change.track, scene = change.scene, at = change.at + change.fade,
                        fade = change.fade, isJump = change.isJump,
                    };
                    change.track = null;
                }
                Take(change);
            }
            if (waiting != null && now + Ahead >= waiting.at) StartSting(Math.Max(waiting.at, now + Lead));
            else if (sting != null && now >= sting.ends) FinishSting();
            for (int i = voices.Count - 1; i >= 0; i--)
            {
                Voice voice = voices[i];
                SetGains(voice, now);
                if (voice.fade.last > 0 || now < voice.fade.at + voice.fade.seconds) continue;
                voice.sounds.Stop();
                voices.RemoveAt(i);
            }
        }

        /// <summary>The amplitude of a layer (from 0) of `count` at an intensity; the first one always sounds.</summary>
        public static float Share(float level, int layer, int layers)
        {
            if (layer == 0) return 1;
            float point = Math.Min(Math.Max(level * Math.Max(layers - 1, 1) - (layer - 1), 0), 1);
            return (float)Math.Sin(point * Math.PI / 2);
        }

        double Now
        {
            get { return isPaused ? pausedAt : backend.Now - lost; }
        }

        Entry Top
        {
            get { return stack[stack.Count - 1]; }
        }

        void Plan(string before, string when, float fade, string how)
        {
            string scene = Scene;
            Track track = ForScene(scene, Top.moods);
            if (track == null)
            {
                string hint = Meant(scene, Scenes());
                Tell("no track serves the scene '" + scene + "', the music stays; " + hint);
                return;
            }
            // Until the jump of Restore() is made, what sounds is not what was saved.
            bool isJump = pending != null && pending.isJump;
            pending = null;
            if (current != null && current.track == track && !isJump)
            {
                current.scene = scene;
                return;
            }
            Rule rule = new Rule("*", "*", "now", 0, "cut");
            foreach (Rule row in rules)
            {
                if ((row.From != "*" && row.From != before) || (row.To != "*" && row.To != scene)) continue;
                rule = row;
                break;
            }
            if (how != null && !Known("how", how, Hows)) how = null;
            how = how ?? rule.How;
            bool keepsPlace = !isJump && current != null && track.SharesBars(current.track);
            pending = new Change
            {
                track = track, scene = scene, at = LineTime(when ?? rule.When),
                how = keepsPlace && how == "fade" ? "crossfade" : how,
                fade = how == "cut" ? 0 : fade >= 0 ? fade : rule.Fade, keepsPlace = keepsPlace,
                isJump = isJump,
            };
        }

        void Take(Change change)
        {
            Voice old = current;
            double start = 0;
            if (old != null)
            {
                if (old.scene != change.scene && stack.Exists(entry => entry.scene == old.scene))
                    left[old.scene] = new Place { track = old.track, sample = old.Sample(change.at + change.fade) };
                old.fade = old.fade.Turn(change.at, change.fade, 0);
                if (change.keepsPlace) start = change.track.SamePlace(old.track, old.Sample(change.at));
            }
            current = null;
            if (change.track != null && !change.keepsPlace) start = PlaceToGoOn(change);
            // Scenes that left the stack start from the beginning when they are entered again.
            foreach (string scene in new List<string>(left.Keys))
                if (!stack.Exists(entry => entry.scene == scene)) left.Remove(scene);
            if (change.track == null) return;
            left.Remove(change.scene);
            if (!change.track.loops && start >= change.track.samples) start = 0;
            bool isSilent = voices.TrueForAll(voice => voice.fade.Point(change.at) == 0);
            float fade = isSilent && start == 0 ? 0 : change.fade;
            current = NewVoice(change.track, change.scene, (int)start, change.at, fade, false);
        }

        // Its present position if it still fades out, else where it was left.
        double PlaceToGoOn(Change change)
        {
            Voice fading = change.isJump ? null : voices.FindLast(
                voice => voice.track == change.track && !voice.isSting && voice.fade.Point(change.at) > 0);
            if (fading != null) return fading.Sample(change.at);
            Place place;
            bool isLeft = left.TryGetValue(change.scene, out place) && place.track == change.track;
            return isLeft ? place.sample : 0;
        }

        Voice NewVoice(Track track, string scene, int sample, double at, float fade, bool isSting)
        {
            IVoice sounds = backend.Start(track, sample, at + lost);
            if (sounds == null) return null;
            Voice voice = new Voice
            {
                track = track, scene = scene, at = at, sample = sample, isSting = isSting, sounds = sounds,
                fade = new Fade { first = fade == 0 ? 1 : 0, last = 1, at = at, seconds = fade },
            };
            voices.Add(voice);
            return voice;
        }

        void StartSting(double at)
        {
            if (sting != null) sting.voice.fade = sting.voice.fade.Turn(at, ReleaseSeconds, 0);
            sting = waiting;
            waiting = null;
            sting.voice = NewVoice(sting.track, "", 0, at, 0, true);
            if (sting.voice == null)
            {
                sting = null;
                stingDuck = stingDuck.Turn(at, StingReturnSeconds, 1);
                return;
            }
            sting.ends = at + (double)sting.track.samples / sting.track.rate;
            stingDuck = stingDuck.Turn(at, StingDuckSeconds, StingDuck);
        }

        void EndSting()
        {
            waiting = null;
            FinishSting();
        }

        /// <summary>The fade of the intensity at a time: one that waits leaves the one before it alone.</summary>
        Fade LevelAt(double now)
        {
            return now >= nextLevel.at ? nextLevel : level;
        }

        /// <summary>End the sting that sounds; another one may wait for its line.</summary>
        void FinishSting()
        {
            if (sting == null) return;
            double now = Now;
            sting.voice.fade = sting.voice.fade.Turn(now, ReleaseSeconds, 0);
            sting = null;
            stingDuck = stingDuck.Turn(now, StingReturnSeconds, 1);
        }

        void SetGains(Voice voice, double now)
        {
            float gain = volume * (float)Math.Sin(voice.fade.Point(now) * Math.PI / 2);
            int layers = voice.track.files.Length;
            if (voice.isSting) gain *= stingVolume;
            else gain *= musicVolume * Math.Min(gameDuck.Point(now), stingDuck.Point(now));
            for (int n = 0; n < layers; n++)
                voice.sounds.SetGain(n, voice.isSting ? gain : gain * Share(LevelAt(now).Point(now), n, layers));
        }

        Track ForScene(string scene, string[] moods)
        {
            Track best = null;
            int bestPoints = 0;
            foreach (Track track in tracks)
            {
                if (track.scene != scene) continue;
                int shared = 0;
                foreach (string mood in moods)
                    if (Array.IndexOf(track.moods, mood) >= 0) shared++;
                int points = moods.Length > 0 ? shared * 100 - (track.moods.Length - shared) : 0;
                if (best != null && points <= bestPoints) continue;
                best = track;
                bestPoints = points;
            }
            return best;
        }

        Track StingTrack(string name)
        {
            Track named = Named(name);
            if (named != null) return named;
            foreach (Track track in tracks)
                if (current != null && track.match == current.track.name && track.scene == name) return track;
            return ForScene(name, new string[0]);
        }

        Track Named(string name)
        {
            foreach (Track track in tracks)
                if (track.name == name) return track;
            return null;
        }

        // The scenes that have a track, in the order of the tracks.
        List<string> Scenes()
        {
            List<string> scenes = new List<string>();
            foreach (Track track in tracks)
                if (!scenes.Contains(track.scene)) scenes.Add(track.scene);
            return scenes;
        }

        // Continue a scene's music at a position of a save game; the file may be shorter now.
        Track Keep(string scene, SceneState place)
        {
            Track track = Named(place.track);
            if (track != null)
                left[scene] = new Place { track = track, sample = track.Wrap(Math.Max(place.sample, 0)) };
            return track;
        }

        static bool IsState(MusicState state)
        {
            if (state == null || state.format != 1 || state.scenes == null) return false;
            if (float.IsNaN(state.intensity) || float.IsNaN(state.duck_db)) return false;
            return Array.TrueForAll(state.scenes, one => one != null && !string.IsNullOrEmpty(one.scene));
        }

        // Whether a word is one of these; logs a warning if it is not.
        bool Known(string what, string word, IList<string> words)
        {
            if (words.Contains(word)) return true;
            Tell("there is no " + what + " '" + word + "'; " + Meant(word, words));
            return false;
        }

        /// <summary>A hint for an unknown name: the nearest of these, or the names that there are.</summary>
        public static string Meant(string name, IList<string> names)
        {
            string best = null;
            int least = int.MaxValue;
            foreach (string one in names)
            {
                int far = Distance(name ?? "", one);
                if (far >= least) continue;
                best = one;
                least = far;
            }
            if (best != null && 2 * least <= (name ?? "").Length) return "did you mean '" + best + "'?";
            return "there are: " + string.Join(", ", names);
        }

        // The edit distance of two words: letters to change, insert or remove.
        static int Distance(string one, string other)
        {
            int[] row = new int[other.Length + 1];
            for (int j = 0; j < row.Length; j++) row[j] = j;
            for (int i = 0; i < one.Length; i++)
            {
                int corner = row[0];
                row[0] = i + 1;
                for (int j = 0; j < other.Length; j++)
                {
                    int changed = corner + (one[i] == other[j] ? 0 : 1);
                    corner = row[j + 1];
                    row[j + 1] = Math.Min(Math.Min(row[j + 1] + 1, row[j] + 1), changed);
                }
            }
            return row[other.Length];
        }

        SceneState PlaceOf(string scene, string[] moods)
        {
            SceneState place = new SceneState { scene = scene, moods = moods };
            Place found;
            if (current != null && current.scene == scene)
            {
                place.track = current.track.name;
                place.sample = (int)current.Sample(Now);
            }
            else if (left.TryGetValue(scene, out found))
            {
                place.track = found.track.name;
                place.sample = (int)found.sample;
            }
            return place;
        }

        double LineTime(string when)
        {
            double now = Now;
            if (when != null && !Known("when", when, Whens)) return now;
            if (current == null || when == null || when == "now") return now;
            // The lines of a track that starts in a moment count from its start.
            double from = Math.Max(now, current.at);
            return from + current.track.ToLine(current.Sample(from), when) / current.track.rate;
        }

        int Level(string scene)
        {
            int found;
            return levels.TryGetValue(scene, out found) ? found : 0;
        }

        void Tell(string text)
        {
            if (told.Add(text)) backend.Warn("chipassets: " + text);
        }

        static string Joined(string[] words)
        {
            return string.Join("\n", words);
        }
    }
}
