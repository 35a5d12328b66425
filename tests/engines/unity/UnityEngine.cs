// Unity as far as the package asks for it, after its documentation, with an audio clock that the
// test advances buffer by buffer: sources start at the sample that PlayScheduled names, or with
// the buffer being mixed where that has passed.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;

namespace UnityEngine
{
    [AttributeUsage(AttributeTargets.Field)]
    public class RangeAttribute : Attribute
    {
        public RangeAttribute(float min, float max) { }
    }

    public class Object
    {
        public string name;

        public static void Destroy(Object one, float after = 0)
        {
            AudioSource source = one as AudioSource;
            if (source != null) Mixer.Sources.Remove(source);
        }
    }

    public class ScriptableObject : Object
    {
        public static T CreateInstance<T>() where T : ScriptableObject, new()
        {
            return new T();
        }
    }

    public class Component : Object
    {
        public GameObject gameObject;
    }

    public class Behaviour : Component { }

    public class MonoBehaviour : Behaviour { }

    public sealed class GameObject : Object
    {
        public T AddComponent<T>() where T : Component, new()
        {
            T made = new T { gameObject = this };
            AudioSource source = made as AudioSource;
            if (source != null) Mixer.Sources.Add(source);
            return made;
        }
    }

    public static class Debug
    {
        public static void LogWarning(object message)
        {
            Console.WriteLine("warn\t" + message);
        }

        public static void LogError(object message)
        {
            Console.WriteLine("error\t" + message);
        }
    }

    public static class GUILayout
    {
        public static bool Button(string text)
        {
            return false;
        }
    }

    public enum AudioClipLoadType { DecompressOnLoad, CompressedInMemory, Streaming }

    public sealed class AudioClip : Object
    {
        public float[] Data;
        public int channels { get; private set; }
        public int samples { get; private set; }
        public int frequency { get; private set; }
        public AudioClipLoadType loadType { get; set; }

        public static AudioClip Create(string name, int lengthSamples, int channels, int frequency, bool stream)
        {
            return new AudioClip
            {
                name = name, samples = lengthSamples, channels = channels, frequency = frequency,
                Data = new float[lengthSamples * channels],
            };
        }

        public bool SetData(float[] data, int offsetSamples)
        {
            data.CopyTo(Data, offsetSamples * channels);
            return true;
        }

        public bool GetData(float[] data, int offsetSamples)
        {
            if (loadType != AudioClipLoadType.DecompressOnLoad) return false;
            Array.Copy(Data, offsetSamples * channels, data, 0, data.Length);
            return true;
        }
    }

    public static class AudioSettings
    {
        public static double dspTime
        {
            get { return (double)Mixer.Clock / Mixer.Rate; }
        }
    }

    public sealed class AudioSource : Behaviour
    {
        public AudioClip clip;
        public bool playOnAwake = true, loop;
        public float volume = 1;
        public int priority = 128;
        public Audio.AudioMixerGroup outputAudioMixerGroup;
        public int timeSamples;
        public long Due = -1;

        public void PlayScheduled(double time)
        {
            Due = Math.Max((long)Math.Round(time * Mixer.Rate), Mixer.Clock);
            if (!loop && !Mixer.IsResuming)
                Console.WriteLine(string.Format(CultureInfo.InvariantCulture, "start\t{0}\t{1}\t{2:F6}", clip.name, timeSamples, time + Mixer.Stalled));
        }
    }

    public static class Mixer
    {
        public const int Rate = 44100, Buffer = 1024;
        public static long Clock;
        public static double Stalled; // seconds of the game's clock in which nothing was mixed
        public static bool IsResuming; // what goes on begins nothing
        public static readonly List<AudioSource> Sources = new List<AudioSource>();

        public static float[] Mix()
        {
            float[] mixed = new float[Buffer];
            foreach (AudioSource source in Sources)
                for (int i = 0; i < Buffer && source.Due >= 0; i++)
                {
                    if (Clock + i < source.Due) continue;
                    if (source.timeSamples >= source.clip.samples)
                    {
                        if (!source.loop) break;
                        source.timeSamples = 0;
                    }
                    mixed[i] += source.volume * source.clip.Data[source.timeSamples++ * source.clip.channels];
                }
            Clock += Buffer;
            return mixed;
        }
    }

    public static class JsonUtility
    {
        public static T FromJson<T>(string json) where T : new()
        {
            object made = new T();
            FromJsonOverwrite(json, made);
            return (T)made;
        }

        public static void FromJsonOverwrite(string json, object target)
        {
            int at = 0;
            Dictionary<string, object> values = Value(json, ref at) as Dictionary<string, object>;
            if (values == null) throw new ArgumentException("JSON parse error: the root must be an object.");
            Fill(target, values);
        }

        static void Fill(object target, Dictionary<string, object> values)
        {
            foreach (FieldInfo field in target.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance))
            {
                object value;
                if (values.TryGetValue(field.Name, out value) && value != null)
                    field.SetValue(target, As(value, field.FieldType));
                // What is serialised, objects and lists, is never null in Unity.
                else if (field.FieldType.IsArray)
                    field.SetValue(target, Array.CreateInstance(field.FieldType.GetElementType(), 0));
                else if (field.FieldType.IsClass && field.FieldType.IsSerializable && field.FieldType.Namespace == "Chipassets")
                    field.SetValue(target, Activator.CreateInstance(field.FieldType));
            }
        }

        static object As(object value, Type type)
        {
            if (type.IsArray)
            {
                List<object> items = (List<object>)value;
                Array made = Array.CreateInstance(type.GetElementType(), items.Count);
                for (int i = 0; i < items.Count; i++) made.SetValue(As(items[i], type.GetElementType()), i);
                return made;
            }
            Dictionary<string, object> values = value as Dictionary<string, object>;
            if (values == null) return Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
            object one = Activator.CreateInstance(type);
            Fill(one, values);
            return one;
        }

        static char Next(string text, ref int at)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
            if (at >= text.Length) throw new ArgumentException("JSON parse error: it ends.");
            return text[at];
        }

        static object Value(string text, ref int at)
        {
            char one = Next(text, ref at);
            if (one == '{' || one == '[')
            {
                at++;
                Dictionary<string, object> map = new Dictionary<string, object>();
                List<object> list = new List<object>();
                while (Next(text, ref at) != '}' && text[at] != ']')
                {
                    if (text[at] == ',') at++;
                    if (one == '[')
                    {
                        list.Add(Value(text, ref at));
                        continue;
                    }
                    string key = (string)Value(text, ref at);
                    if (Next(text, ref at) != ':') throw new ArgumentException("JSON parse error: no colon.");
                    at++;
                    map[key] = Value(text, ref at);
                }
                at++;
                return one == '{' ? (object)map : list;
            }
            int start = at;
            if (one == '"')
            {
                for (at++; text[at] != '"'; at++) if (text[at] == '\\') throw new ArgumentException("no escapes here");
                return text.Substring(start + 1, at++ - start - 1);
            }
            while (at < text.Length && ",]} \n\r".IndexOf(text[at]) < 0) at++;
            string word = text.Substring(start, at - start);
            if (word == "null") return null;
            if (word == "true" || word == "false") return word == "true";
            double number;
            if (double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out number)) return number;
            throw new ArgumentException("JSON parse error: " + word);
        }
    }
}

namespace UnityEngine.Audio
{
    public class AudioMixerGroup : Object { }
}
