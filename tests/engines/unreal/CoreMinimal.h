// Unreal's interface as far as the plug-in asks for it, after its documentation: one header behind
// every name that the plug-in includes. A test pulls the samples as the audio thread would.
#pragma once

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

using int16 = int16_t;
using int32 = int32_t;
using uint8 = uint8_t;
using TCHAR = char16_t;

#define CHIPASSETS_API
#define UCLASS(...)
#define UENUM(...)
#define UFUNCTION(...)
#define UPROPERTY(...)
#define GENERATED_BODY() \
public: \
	using Super = UGameInstanceSubsystem;
#define TEXT(text) u##text
#define DEFINE_LOG_CATEGORY_STATIC(name, verbosity, all)
#define IMPLEMENT_MODULE(type, name)
#define INDEFINITELY_LOOPING_DURATION 10000.0f

class FString
{
public:
	FString() = default;
	FString(const TCHAR* Text) : Units(Text) {}
	const TCHAR* operator*() const { return Units.c_str(); }
	std::u16string Units;
};

// Characters of one byte are enough here.
inline std::string Narrow(const TCHAR* Text)
{
	std::string Plain;
	for (; *Text; ++Text) Plain += static_cast<char>(*Text);
	return Plain;
}

inline std::u16string Widen(const char* Text)
{
	std::u16string Units;
	for (; *Text; ++Text) Units += static_cast<TCHAR>(*Text);
	return Units;
}

#define TCHAR_TO_UTF8(text) Narrow(text).c_str()
#define UTF8_TO_TCHAR(text) Widen(text).c_str()
#define UE_LOG(category, verbosity, format, ...) std::printf("warn\t%s\n", Narrow(__VA_ARGS__).c_str())

template <typename T>
class TArray
{
public:
	TArray() = default;
	TArray(std::initializer_list<T> Items) : Held(Items) {}
	T* GetData() { return Held.data(); }
	int32 Num() const { return static_cast<int32>(Held.size()); }
	void SetNumUninitialized(int32 Count) { Held.resize(static_cast<size_t>(Count)); }
	auto begin() const { return Held.begin(); }
	auto end() const { return Held.end(); }
	std::vector<T> Held;
};

template <typename T>
using TSharedPtr = std::shared_ptr<T>;

template <typename T, typename... Given>
TSharedPtr<T> MakeShared(Given&&... With)
{
	return std::make_shared<T>(std::forward<Given>(With)...);
}

class UObject
{
public:
	virtual ~UObject() = default;
};

template <typename T>
class TObjectPtr
{
public:
	TObjectPtr() = default;
	TObjectPtr& operator=(T* One) { Held = One; return *this; }
	T* operator->() const { return Held; }
	operator T*() const { return Held; }
	T* Held = nullptr;
};

template <typename T>
T* NewObject(UObject* Outer)
{
	(void)Outer;
	return new T();
}

class FSubsystemCollectionBase
{
};

class UGameInstanceSubsystem : public UObject
{
public:
	virtual void Initialize(FSubsystemCollectionBase&) {}
	virtual void Deinitialize() {}
};

class FPaths
{
public:
	static FString Combine(const FString& One, const FString& Other)
	{
		FString Path = One;
		Path.Units += u"/" + Other.Units;
		return Path;
	}
};

class FFileHelper
{
public:
	static bool LoadFileToArray(TArray<uint8>& Result, const TCHAR* Name)
	{
		std::ifstream File(Narrow(Name), std::ios::binary);
		Result.Held.assign(std::istreambuf_iterator<char>(File), {});
		return static_cast<bool>(File);
	}
};

class IPlugin
{
public:
	FString GetBaseDir() const { return FString(u"project/Plugins/Chipassets"); }
};

class IPluginManager
{
public:
	static IPluginManager& Get()
	{
		static IPluginManager One;
		return One;
	}
	TSharedPtr<IPlugin> FindPlugin(const FString&) { return std::make_shared<IPlugin>(); }
};

enum ESoundGroup
{
	SOUNDGROUP_Music
};

class USoundWaveProcedural;

class FOnSoundWaveProceduralUnderflow
{
public:
	template <typename T>
	static FOnSoundWaveProceduralUnderflow CreateUObject(T* One, void (T::*Do)(USoundWaveProcedural*, int32))
	{
		FOnSoundWaveProceduralUnderflow Made;
		Made.Call = [One, Do](USoundWaveProcedural* Wave, int32 Samples) { (One->*Do)(Wave, Samples); };
		return Made;
	}
	void Unbind() { Call = nullptr; }
	std::function<void(USoundWaveProcedural*, int32)> Call;
};

class USoundBase : public UObject
{
};

class USoundWave : public USoundBase
{
public:
	void SetSampleRate(uint32_t InSampleRate) { Rate = InSampleRate; }
	uint32_t Rate = 0;
	int32 NumChannels = 0;
	float Duration = 0;
	ESoundGroup SoundGroup;
	bool bLooping = true;
};

class USoundWaveProcedural : public USoundWave
{
public:
	void QueueAudio(const uint8* AudioData, const int32 BufferSize) { Queued.insert(Queued.end(), AudioData, AudioData + BufferSize); }
	FOnSoundWaveProceduralUnderflow OnSoundWaveProceduralUnderflow;
	std::vector<uint8> Queued;
};

class UAudioComponent : public UObject
{
public:
	void Play(float StartTime = 0.0f) { (void)StartTime; bPlays = true; }
	void Stop() { bPlays = false; }
	bool bIsUISound = false, bPlays = false;
	USoundBase* Sound = nullptr;
};

class USoundConcurrency;

class UGameplayStatics
{
public:
	static inline UAudioComponent* Made = nullptr;
	static UAudioComponent* CreateSound2D(const UObject*, USoundBase* Sound, float, float, float, USoundConcurrency*, bool bPersistAcrossLevelTransition, bool bAutoDestroy)
	{
		if (!bPersistAcrossLevelTransition || bAutoDestroy) return nullptr;
		Made = new UAudioComponent();
		Made->Sound = Sound;
		return Made;
	}
};
